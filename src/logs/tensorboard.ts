import { create, toBinary } from '@bufbuild/protobuf'
import type { PngPicture } from '../data/png-picture.js'
import { isGroup, showValue, type Values } from '../options/index.js'
import { messagesOf } from '../protobuf.js'
import type { Scores, StartEvent, TrainEvent } from '../train/events.js'
import { tfRecord } from './record.js'

/**
 * The parts of TensorBoard's event.proto, summary.proto and of the plug-in hparams that Onward writes. A map is a list of
 * its entries, which are the same bytes.
 */
const messageOf = messagesOf(
  'tensorboard',
  {
    Event: [
      '1 wall_time double',
      '2 step int64',
      '3 file_version string',
      '5 summary Summary',
      '7 session_log SessionLog',
    ],
    SessionLog: ['1 status int32'],
    Summary: ['1 value SummaryValue*'],
    SummaryValue: ['1 tag string', '2 simple_value float', '4 image Image', '9 metadata SummaryMetadata'],
    Image: ['1 height int32', '2 width int32', '3 colorspace int32', '4 encoded_image_string bytes'],
    SummaryMetadata: ['1 plugin_data PluginData', '3 summary_description string'],
    PluginData: ['1 plugin_name string', '2 content bytes'],
    HParamsPluginData: [
      ...['1 version int32', '2 experiment Experiment', '3 session_start_info SessionStart'],
      '4 session_end_info SessionEnd',
    ],
    Experiment: ['3 time_created_secs double', '4 hparam_infos HParamInfo*', '5 metric_infos MetricInfo*'],
    HParamInfo: ['1 name string', '4 type int32'],
    MetricInfo: ['1 name MetricName', '3 display_name string'],
    MetricName: ['2 tag string'],
    SessionStart: ['1 hparams Entry*', '4 group_name string', '5 start_time_secs double'],
    SessionEnd: ['1 status int32', '2 end_time_secs double'],
    Entry: ['1 key string', '2 value Value'],
    Value: ['2 number_value double', '3 string_value string', '4 bool_value bool'],
  },
  'proto2',
)

type Fields = Readonly<Record<string, unknown>>

/** One event as a record of an event file. `time`: in seconds since 1970. */
const record = (time: number, fields: Fields): Uint8Array =>
  tfRecord(toBinary(messageOf('Event'), create(messageOf('Event'), { wallTime: time, ...fields })))

/** Every event file begins with its version. */
export const fileHead = (time: number): Uint8Array => record(time, { fileVersion: 'brain.Event:2' })

/** What TensorBoard is told of an event of a training; nothing of most. `settings`: the run's, by name. */
export function recordsOf(event: TrainEvent, settings: Values, time: number): Uint8Array[] {
  switch (event.event) {
    case 'start':
      return [
        record(time, { step: BigInt(firstStep(event)), sessionLog: { status: 1 } }),
        ...hyperParameters(event, settings, time),
      ]
    case 'progress':
      return scalars('training', event.metrics, event.step, time)
    case 'epoch':
      return event.validation ? scalars('validation', event.validation, event.step, time) : []
    case 'stopped':
      // TensorBoard keeps the first ending of a run: one that was interrupted has none, for it may go on to another.
      return event.reason === 'not-finite' ? [ending(FAILED, time)] : []
    case 'done':
      return [
        ...(event.validation ? scalars('validation', event.validation, event.step, time) : []),
        ...scalars('test', event.test, event.step, time),
        ending(SUCCESS, time),
      ]
    default:
      return []
  }
}

/**
 * The step at which a start takes effect: TensorBoard takes back what was logged at this step or later. It passes over the
 * first start of a run, so a training that begins has one too.
 */
const firstStep = ({ resumedAt }: StartEvent): number => (resumedAt === undefined ? 0 : resumedAt + 1)

/** The pictures that a network draws, at a step. */
export const pictureRecords = (pictures: readonly PngPicture[], step: number, time: number): Uint8Array[] =>
  pictures.map(({ name, description, png, width, height, channels }) => {
    const image = { height, width, colorspace: channels, encodedImageString: png }
    return summary([{ tag: `pictures/${name}`, image, metadata: { summaryDescription: description } }], step, time)
  })

const summary = (value: readonly Fields[], step: number, time: number): Uint8Array =>
  record(time, { step: BigInt(step), summary: { value } })

/** `validation/accuracy` of the network, `validation/layer 0/accuracy` of a block: TensorBoard groups by the first word. */
function scalars(group: string, { network = {}, blocks = {} }: Scores, step: number, time: number): Uint8Array[] {
  const values = [['', network] as const, ...Object.entries(blocks).map(([block, own]) => [`${block}/`, own] as const)]
  const all = values.flatMap(([part, figures]) =>
    Object.entries(figures).map(([figure, value]) => ({
      tag: `${group}/${part}${figure}`,
      simpleValue: value ?? Number.NaN,
    })),
  )
  return all.length === 0 ? [] : [summary(all, step, time)]
}

const [SUCCESS, FAILED] = [1, 2]
/** Types of hyper-parameters. */
const [STRING, BOOL, NUMBER] = [1, 2, 3]

/** For the plug-in hparams: which settings and figures there are, and those of this run. */
function hyperParameters(
  { criterion: { block, figure }, run }: StartEvent,
  settings: Values,
  time: number,
): Uint8Array[] {
  const entries = Object.entries(flat(settings)).filter(([, value]) => value !== undefined && value !== null)
  const tag = `test/${block === undefined ? '' : `${block}/`}${figure}`
  const infos = entries.map(([name, value]) => ({
    name,
    type: typeof value === 'number' ? NUMBER : typeof value === 'boolean' ? BOOL : STRING,
  }))
  const hparams = entries.map(([key, value]) => ({ key, value: protobufValue(value) }))
  const experiment = { timeCreatedSecs: time, hparamInfos: infos, metricInfos: [{ name: { tag }, displayName: tag }] }
  const session = { hparams, startTimeSecs: time, ...(run !== undefined && { groupName: run }) }
  return [
    hparamsSummary('experiment', { experiment }, time),
    hparamsSummary('session_start_info', { sessionStartInfo: session }, time),
  ]
}

const ending = (status: number, time: number): Uint8Array =>
  hparamsSummary('session_end_info', { sessionEndInfo: { status, endTimeSecs: time } }, time)

function hparamsSummary(name: string, fields: Fields, time: number): Uint8Array {
  const schema = messageOf('HParamsPluginData')
  const content = toBinary(schema, create(schema, { version: 0, ...fields }))
  const value = { tag: `_hparams_/${name}`, metadata: { pluginData: { pluginName: 'hparams', content } } }
  return summary([value], 0, time)
}

function protobufValue(value: unknown): Fields {
  if (typeof value === 'number') return { numberValue: value }
  return typeof value === 'boolean' ? { boolValue: value } : { stringValue: showValue(value) }
}

const flat = (values: Values, group = ''): Values =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]): [string, unknown][] =>
      isGroup(value) ? Object.entries(flat(value, `${group}${key}.`)) : [[group + key, value]],
    ),
  )
