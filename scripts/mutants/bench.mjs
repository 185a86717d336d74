// What the queue of measurements says of its records.
const stale = { tests: 'bench/stale' }

export default [
  {
    what: 'a target is reached by a stale record',
    file: 'bench/tables.ts',
    find: "reached === undefined || note !== ''",
    replace: 'reached === undefined',
    ...stale,
  },
  {
    what: 'a figure of a stale record stands without a note',
    file: 'bench/notes.ts',
    find: 'return note && `',
    replace: "return note && '' && `",
    ...stale,
  },
  {
    what: 'a claim is judged by the first of its records alone',
    file: 'bench/claims.ts',
    find: 'of.map((id) => (noteOf(id)',
    replace: 'of.slice(0, 0).map((id) => (noteOf(id)',
    ...stale,
  },
]
