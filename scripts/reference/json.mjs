// docs/reference/json.md: what programs read with --json, from the types of the events.
import { readFileSync } from 'node:fs'
import { ANSWER_TYPES, ANSWERS } from './answers.mjs'
import { allFields, typesOf } from './interfaces.mjs'
import { code, sentence, table } from './markdown.mjs'
import { WORDS } from './words.mjs'

/** Files of types, lower ones first where a name is there twice. */
const TYPES = [
  'src/rules/contract.ts',
  'src/data/dataset.ts',
  'src/data/own/provenance.ts',
  'src/data/own/found.ts',
  'src/certificate/certificate.ts',
  'src/train/placed.ts',
  'src/train/diagnostics/advice.ts',
  'src/train/events-of-machines.ts',
  'src/train/events.ts',
  'src/compare/statistics/paired.ts',
  'src/compare/run-record.node.ts',
  'src/compare/result.ts',
]
const TUNE_TYPES = ['src/tune/distribution.ts', 'src/tune/study.ts', 'src/tune/objective.ts', 'src/tune/events.ts']

/** What stands in fields of events, in the order in which it is told. */
const PARTS = [
  'Figures',
  'Criterion',
  'Certificate',
  'LayerCertificate',
  'Above',
  'WeightsTaken',
  'FoundData',
  'TaskInput',
  'Target',
]
const PARTS_OF_MACHINES = ['Over', 'WorkerTold', 'Federation', 'ClientTold', 'Joining']
/** What is left out of a type where it is printed. */
const LEFT_OUT = { RunRecord: ['start'] }
const COMPARISON = ['Comparison', 'ArmResult', 'Summary', 'PairedDifference', 'RunRecord']

/** The page, as lines. */
export async function jsonPage() {
  const [types, tune, answers] = [TYPES, TUNE_TYPES, ANSWER_TYPES].map(
    (files) => new Map(files.flatMap((file) => [...typesOf(readFileSync(file, 'utf8'))])),
  )
  const lines = (all) => (name) => sectionOf(name, all)
  return [
    '# What programs read: `--json`',
    'With `--json` standard output has JSON alone. `train`, `up` and `tune` print an event a line, as it happens; all other',
    'commands print one value at their end. A field with a question mark is left out where there is nothing to tell. Sizes are',
    'in bytes, times in seconds, accuracies and other shares from 0 to 1. Numbers that are not finite are `null`.',
    '',
    'A run keeps the events of its training in `metrics.jsonl`, each with the field `time` besides (ISO 8601).',
    '',
    '## Events of `train` and `up`',
    '',
    ...eventsOf('TrainEvent', types).flatMap((name) => eventSection(name, types)),
    '## What stands in them',
    '',
    ...PARTS.flatMap(lines(types)),
    '## What stands in the events of several machines',
    '',
    ...PARTS_OF_MACHINES.flatMap(lines(types)),
    '## Events of `tune`',
    '',
    ...eventsOf('TuneEvent', tune).flatMap((name) => eventSection(name, tune)),
    ...['Best', 'Counts', 'Objective', 'TrialState'].flatMap(lines(tune)),
    '## What the other commands print',
    '',
    ...ANSWERS.flatMap(({ command, prints, fields = {}, types: typed = [], parts = [] }) => [
      `### ${code(command)}`,
      '',
      prints,
      '',
      ...(Object.keys(fields).length > 0 ? [...ownTable(fields), ''] : []),
      ...typed.flatMap((name) => [...fieldTable(allFields(name, answers), name), '']),
      ...parts.flatMap(lines(answers)),
    ]),
    '## What `compare` prints',
    '',
    ...COMPARISON.flatMap(lines(types)),
  ]
}

/** The names of the members of a union of events. */
const eventsOf = (union, types) => types.get(union).type.split(' | ')

/** The event itself, under the name that it has in its field `event`. */
function eventSection(name, types) {
  const kind = /'(.*)'/.exec(types.get(name).fields[0].type)[1]
  const fields = allFields(name, types).filter((field) => field.name !== 'event')
  return [`### ${code(kind)}`, '', ...said(types.get(name)), ...fieldTable(fields, name), '']
}

function sectionOf(name, types) {
  const one = types.get(name)
  if (one.type !== undefined) return [`### ${name}`, '', ...said(one), code(one.type), '']
  const fields = allFields(name, types).filter((field) => !LEFT_OUT[name]?.includes(field.name))
  return [`### ${name}`, '', ...said(one), ...fieldTable(fields, name), '']
}

const said = ({ says }) => (says === '' ? [] : [sentence(says), ''])

const ownTable = (fields) =>
  table(
    ['field', 'what it is'],
    Object.entries(fields).map(([name, says]) => [code(name), says]),
  )

const fieldTable = (fields, owner) =>
  table(
    ['field', 'type', 'what it is'],
    fields.map(({ name, optional, type, says }) => [
      code(name + (optional ? '?' : '')),
      code(type),
      sentence(says || wordsFor(name, owner)),
    ]),
  )

/** What a field is that no comment explains. Throws where nobody has said it. */
function wordsFor(name, owner) {
  const words = WORDS[`${owner}.${name}`] ?? WORDS[name]
  if (words === undefined) throw new Error(`scripts/reference/words.mjs says nothing of ${owner}.${name}`)
  return words
}
