import { instructionSets, int8IsExact, matrixProductSpeed } from '../src/runtime/doctor.node.js'
import type { SpeedJob } from './job.js'
import { ourStep } from './our-step.js'
import { checkProof, exportStart, PROVEN } from './proof.js'
import { askProof, refuseBusy, startTwin, type Twin } from './pytorch.js'
import { quietMachine } from './quiet.js'
import { median, writeMeasured } from './records.js'
import { stepsPerRound } from './round.js'

/** Neighbours on a shared machine come and go within half a minute: the rounds of one timing last longer. */
const ROUNDS = 11
/** No more steps a call than these: their batches are made beforehand. */
const LONGEST = 400
/** Between the two timings each side takes so many steps, or as many as take the slowest one this long, in ms. */
const BETWEEN = 2000
const LONGEST_BETWEEN = 40_000

const TWIN = 'bench/twins/forward_forward_twin.py'

/** The twin takes the fastest of its variants. Beside the library's own optimisers: Adam fused by hand, in place. */
const LIBRARY = 'autograd+loop,autograd+foreach,closed+loop,closed+foreach'
const BY_HAND = 'closed+inplace,closed+packed'

interface Opponent {
  readonly name: 'torch' | 'byHand' | 'bfloat16'
  readonly precision: 'float32' | 'bfloat16'
  readonly variants: string
}

/** Without a processor's own instructions PyTorch takes seconds for a step in bfloat16. */
const hasBfloat16 = async (): Promise<boolean> => (await instructionSets()).includes('avx512_bf16')

async function opponentsOf(job: SpeedJob): Promise<Opponent[]> {
  const torch = { name: 'torch', precision: 'float32', variants: LIBRARY } as const
  if (job.precision === 'float32') return [torch, { name: 'byHand', precision: 'float32', variants: BY_HAND }]
  return [
    torch,
    ...((await hasBfloat16()) ? [{ name: 'bfloat16', precision: 'bfloat16', variants: LIBRARY } as const] : []),
  ]
}

const twinArguments = (job: SpeedJob, { precision, variants }: Opponent, file: string): string[] => [
  ...[TWIN, '--start', file, '--threads', `${job.threads}`],
  ...['--precision', precision, '--variant', variants],
]

/** The file that twins start from, and the losses that those in float32 must have: our own in float32. */
async function proofOf(job: SpeedJob) {
  const { program, traced, state, feed } = await ourStep({ ...job, precision: 'float32' })
  const batches = feed(PROVEN)
  const file = exportStart(traced.steps.joint!, state, batches)
  const { metrics } = await program.run(PROVEN, batches)
  await program.dispose()
  return { file, losses: metrics }
}

/**
 * How to start the twins of a job, once they have shown that they are such, and how far their losses lay from ours. In
 * bfloat16 losses are those of another number format: that twin takes the same variants as the one in float32.
 */
async function provenTwins(job: SpeedJob) {
  const { file, losses } = await proofOf(job)
  const opponents = await opponentsOf(job)
  const given = opponents.map((opponent) => twinArguments(job, opponent, file))
  const apart: number[][] = []
  for (const [i, { precision }] of opponents.entries())
    if (precision === 'float32') apart.push(checkProof(job.id, losses, await askProof(given[i]!, job.threads)))
  return { opponents, given, apart: apart[0]!.map((_, batch) => Math.max(...apart.map((own) => own[batch]!))) }
}

/** Only asks a job's twins whether they are such, and how far their losses lie from ours; nothing is timed. */
export const proveTwins = async (job: SpeedJob): Promise<number[]> => (await provenTwins(job)).apart

/** Forward products and weight gradients of one step: what the machine's own product speed is compared with. */
function flopsOf({ units, batch }: SpeedJob): number {
  const rows = 2 * batch
  return units.reduce((sum, outputs, i) => {
    const inputs = i === 0 ? 784 : units[i - 1]!
    return sum + 2 * 2 * (i === 0 ? batch : rows) * inputs * outputs
  }, 0)
}

/** Times both sides in turns, fresh and after more steps, and keeps the record. */
export async function runSpeed(job: SpeedJob): Promise<void> {
  const before = await quietMachine(job)
  const ours = await ourStep(job, (await int8IsExact()) ? 127 : 63)
  const { opponents, given, apart } = await provenTwins(job)
  const twins: Twin[] = []
  for (const own of given) twins.push(await startTwin(own, job.threads))

  const runOurs = async (steps: number): Promise<number> => {
    const { seconds } = await ours.program.run(steps, ours.feed(steps))
    return (1000 * seconds) / steps
  }
  const perCall = Math.min(LONGEST, await stepsPerRound(runOurs, 5))
  const counts: number[] = []
  for (const twin of twins) counts.push(await stepsPerRound(async (n) => Number((await twin.ask(`run ${n}`)).ms), 5))

  const results: { [figure: string]: unknown }[] = []
  let between = 0
  for (const when of ['fresh', 'after'] as const) {
    if (when === 'after') {
      const sides = ['ours', ...opponents.map(({ name }) => name)]
      const slowest = Math.max(...sides.map((side) => median(results.map((result) => result[side] as number))))
      between = Math.min(BETWEEN, Math.round(LONGEST_BETWEEN / slowest))
      for (let left = between; left > 0; left -= perCall) await runOurs(Math.min(perCall, left))
      for (const twin of twins) await twin.ask(`train ${between}`)
    }
    for (let round = 0; round < ROUNDS; round++) {
      const own = await runOurs(perCall)
      const theirs: { [name: string]: number } = {}
      for (const [i, { name }] of opponents.entries()) {
        theirs[name] = Number((await twins[i]!.ask(`run ${counts[i]}`)).ms)
        theirs[`${name}Ratio`] = theirs[name]! / own
      }
      results.push({ when, stepsBetween: between, stepsPerCall: perCall, ours: own, ...theirs })
    }
    const now = results.filter((result) => result.when === when)
    console.error(`  ${when}: ${median(now.map(({ torchRatio }) => torchRatio as number)).toFixed(2)} times PyTorch`)
  }
  const about = twins.map(({ about: { variant, variants, torch, build } }, i) => ({
    when: 'twin',
    ...{ name: opponents[i]!.name, variant, variants, apart, torch, build },
  }))
  for (const twin of twins) twin.stop()
  await ours.program.dispose()
  for (const [i, { name }] of opponents.entries())
    refuseBusy(job.id, twins[i]!, median(results.map((result) => result[name] as number)))
  // A moment's slowness of the machine would flatter the share of its speed that training reaches.
  const machine = { ...before, gflops: Math.max(before.gflops, await matrixProductSpeed(job.threads)) }
  const shares = results.map((result) => ({
    ...result,
    shareOfProductSpeed: flopsOf(job) / ((result.ours as number) * 1e6) / machine.gflops,
  }))
  writeMeasured(job.id, machine, [...shares, ...about])
}
