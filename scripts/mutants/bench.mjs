// What the queue of measurements says of its records.
const stale = { tests: 'bench/stale' }
const diverged = { tests: 'bench/diverged' }

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
  {
    what: 'a seed that diverged has figures',
    file: 'bench/records.ts',
    find: 'results.filter(({ diverged }) => diverged === undefined)',
    replace: 'results.filter(({ seed }) => seed !== null)',
    ...diverged,
  },
  {
    what: 'a mean does not say that seeds are missing in it',
    file: 'bench/tables.ts',
    find: '  const diverged = divergedOf(record)\n  if (',
    replace: "  const diverged = values.length > 0 ? '' : divergedOf(record)\n  if (",
    ...diverged,
  },
  {
    what: 'a target is reached by the seeds that did not diverge',
    file: 'bench/training-table.ts',
    find: "divergedOf(record) === '' && ",
    replace: '',
    ...diverged,
  },
]
