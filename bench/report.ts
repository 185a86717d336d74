import { readFileSync, writeFileSync } from 'node:fs'
import { type ConvolutionJob, type InferenceJob, JOBS, type SpeedJob, type TrainingJob } from './jobs.js'
import { deviation, mean, median, type Record, readRecord } from './records.js'

const figures = (
  record: Record,
  name: string,
  keep: (result: Record['results'][number]) => boolean = () => true,
): number[] => record.results.filter(keep).map((result) => result[name] as number)

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const verdict = (reached: boolean | undefined): string => (reached === undefined ? '' : reached ? 'yes' : '**no**')

function errors(record: Record): number[] {
  return figures(record, 'testAccuracy').map((accuracy) => 100 * (1 - accuracy))
}

function trainingRow(job: TrainingJob): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const error = errors(record)
  const [{ epochs, trainingImages, local }] = record.results as [Record['results'][number]]
  return [
    job.title,
    error.length > 1 ? `${mean(error).toFixed(2)} ± ${deviation(error).toFixed(2)}` : mean(error).toFixed(2),
    `${error.length}`,
    `${epochs}`,
    `${trainingImages}`,
    `${(mean(figures(record, 'seconds')) / 60).toFixed(1)}`,
    local ? 'yes' : 'no',
    job.target === undefined ? '' : `at most ${job.target}`,
    job.target === undefined ? '' : verdict(mean(error) <= job.target),
  ]
}

const TRAINING = [
  'what',
  'test error, %',
  'seeds',
  'epochs',
  'training images',
  'minutes a run',
  'local',
  'target',
  'reached',
]

function speedRow(job: SpeedJob): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const at = (when: string, name: string): number[] => figures(record, name, (result) => result.when === when)
  const spread = (values: number[]): string =>
    `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`
  const other = (name: string): string => {
    const values = at('fresh', name).filter((value) => value !== undefined)
    return values.length > 0 ? median(values).toFixed(2) : ''
  }
  return [
    job.title,
    `${job.threads}`,
    spread(at('fresh', 'torchRatio')),
    spread(at('after', 'torchRatio')),
    `${(100 * median(at('fresh', 'shareOfProductSpeed'))).toFixed(0)} %`,
    other('byHandRatio'),
    other('bfloat16Ratio'),
    job.target === undefined ? '' : `at least ${job.target}`,
    job.target === undefined ? '' : verdict(median(at('fresh', 'torchRatio')) >= job.target),
  ]
}

const SPEED = [
  'step',
  'threads',
  'times PyTorch, fresh',
  'after more steps',
  'of the product speed',
  'times PyTorch by hand',
  'times bfloat16',
  'target',
  'reached',
]

function inferenceRow(job: InferenceJob): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const passes = figures(record, 'passes')
  const reached = job.target === undefined ? undefined : median(passes) <= job.target
  return [
    job.title,
    median(passes).toFixed(2),
    job.target === undefined ? '' : `at most ${job.target}`,
    verdict(reached),
  ]
}

/** The paired differences of the runs in 8 bits and in float32, by seed, in points of test accuracy. */
function pairedRow(id: string, title: string): string[] | undefined {
  const [float, int] = [readRecord(id), readRecord(`${id}-int8`)]
  if (!float || !int) return undefined
  const differences = int.results.flatMap(({ seed, testAccuracy }) => {
    const other = float.results.find((result) => result.seed === seed)
    return other ? [100 * ((other.testAccuracy as number) - (testAccuracy as number))] : []
  })
  return [title, mean(differences).toFixed(2), deviation(differences).toFixed(2), `${differences.length}`]
}

function convolutionRow(job: ConvolutionJob): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const [float32, int8] = ['float32Ratio', 'int8Ratio'].map((name) => median(figures(record, name)))
  const reached = job.target === undefined ? undefined : int8! >= job.target
  const target = job.target === undefined ? '' : `at least ${job.target} in 8 bits`
  return [job.title, `${job.threads}`, float32!.toFixed(2), int8!.toFixed(2), target, verdict(reached)]
}

const present = (rows: (string[] | undefined)[]): string[][] => rows.filter((row) => row !== undefined)

function machines(): string {
  const records = JOBS.map(({ id }) => readRecord(id)).filter((record) => record !== undefined)
  const lines = records.map(
    ({ machine: m }) =>
      `${m.processor} (${m.instructions.join(', ')}), ${m.cores} cores, ${m.memoryGiB} GiB; Node ${m.node}, ONNX Runtime ${m.onnxruntime}`,
  )
  const speeds = records.map(({ machine }) => machine.gflops)
  const versions = new Set(
    records.flatMap(({ results }) => results.flatMap((r) => (r.when === 'twin' ? [`PyTorch ${r.torch}`] : []))),
  )
  if (records.length === 0) return ''
  return `Machine: ${[...new Set(lines), ...versions].join('; ')}. Its own float32 matrix product, when the jobs began: ${Math.min(...speeds).toFixed(0)} to ${Math.max(...speeds).toFixed(0)} GFLOP/s (shared and noisy).`
}

/** Replaces what stands between the markers of a name in a file. */
function fill(path: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: written by bench/run -->`, `<!-- end of ${name} -->`]
  const before = readFileSync(path, 'utf8')
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${path} lacks the markers of ${name}`)
  writeFileSync(path, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`)
}

/** Writes every table from the records. */
export function report(): void {
  const training = JOBS.filter((job) => job.kind === 'training')
  const speed = present(JOBS.filter((job) => job.kind === 'speed').map(speedRow))
  const inference = present(JOBS.filter((job) => job.kind === 'inference').map(inferenceRow))
  const accuracy = table(TRAINING, present(training.map(trainingRow)))
  const paired = present([
    pairedRow('mnist-forward-forward-fast', 'Forward-Forward, preset fast'),
    pairedRow('mnist-backprop-fast', 'Backpropagation, the same network'),
  ])
  const start = readRecord('start')
  if (start) fill('README.md', 'start', `\`\`\`text\n${start.results[0]!.output}\n\`\`\``)
  fill('README.md', 'accuracy', accuracy)
  fill('docs/results.md', 'accuracy', accuracy)
  fill(
    'docs/results.md',
    'commands',
    training
      .map((job) => `- ${job.title}: \`onward train ${job.arguments.join(' ')} --seed S\`, S = ${job.seeds.join(', ')}`)
      .join('\n'),
  )
  fill('docs/results.md', 'speed', table(SPEED, speed))
  fill('docs/results.md', '8 bits', table(['what', 'accuracy lost, points', 'deviation', 'seeds'], paired))
  fill('docs/results.md', 'inference', table(['net', 'all labels, in single passes', 'target', 'reached'], inference))
  const convolutions = present(JOBS.filter((job) => job.kind === 'convolution').map(convolutionRow))
  const head = [
    'forward and weight gradient',
    'threads',
    'float32, times PyTorch',
    '8 bits, times PyTorch float32',
    'target',
    'reached',
  ]
  fill('docs/results.md', 'convolution', table(head, convolutions))
  fill('docs/results.md', 'machine', machines())
}
