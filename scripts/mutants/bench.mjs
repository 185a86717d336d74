// What the queue of measurements says of its records.
const stale = { tests: 'bench/stale' }
const command = { tests: 'bench/job-command' }
const diverged = { tests: 'bench/diverged' }
const judged = { tests: 'bench/judge' }

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
  {
    what: 'a record of other epochs is taken for that of today',
    file: 'bench/job-command.ts',
    find: "readTrainingFlags(given)), 'training')",
    replace: "readTrainingFlags({})), 'training')",
    ...command,
  },
  {
    what: 'a flag that repeats what a preset says makes a record stale',
    file: 'bench/job-command.ts',
    find: 'merge(train, readTrainingFlags',
    replace: 'merge({}, readTrainingFlags',
    ...command,
  },
  {
    what: 'seeds of today are added to a record without settings',
    file: 'bench/training.ts',
    find: 'return record?.settings ? record : undefined',
    replace: 'return record',
    ...command,
  },
  {
    what: 'samples of networks that were trained anew count as judged',
    file: 'bench/judge.ts',
    find: 'run !== identityOf(drawn)',
    replace: 'false',
    ...judged,
  },
  {
    what: 'a target is reached by a figure that was not measured',
    file: 'bench/speed-table.ts',
    find: "!has('bfloat16Ratio') && isFast",
    replace: 'false',
    ...judged,
  },
]
