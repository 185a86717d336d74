import { compile } from '../src/runtime/compile.node.js'
import type { RuleSpeedJob } from './job.js'
import { profileOf } from './profile.js'
import { checkProof, exportStart, PROVEN } from './proof.js'
import { askProof, refuseBusy, startTwin } from './pytorch.js'
import { quietMachine } from './quiet.js'
import { median, writeMeasured } from './records.js'
import { stepsPerRound } from './round.js'
import { type RuleStep, ruleStep } from './rule-step.js'

const ROUNDS = 5

/** Times a rule's step, or a whole period of steps that take turns, and its twin's, in turns; both per mini-batch. */
export async function runRuleSpeed(job: RuleSpeedJob): Promise<void> {
  const machine = await quietMachine(job)
  const apart = await proveRuleTwin(job)
  const own = await ruleStep(job)
  const ours = await ourSide(own, job.threads)
  const twin = await startTwin(twinOf(job, ours.first().file), job.threads)
  const theirs = async (count: number): Promise<number> => Number((await twin.ask(`run ${count}`)).ms)
  const counts = [await stepsPerRound(ours.time, 1), await stepsPerRound(theirs, 2)] as const
  const results = []
  for (let round = 0; round < ROUNDS; round++) {
    const ms = await ours.time(counts[0])
    const torch = await theirs(counts[1])
    results.push({ ours: ms, torch, torchRatio: torch / ms })
  }
  console.error(`  ${median(results.map(({ torchRatio }) => torchRatio)).toFixed(2)} times PyTorch`)
  const { variant, variants, torch, build } = twin.about
  twin.stop()
  await ours.close()
  refuseBusy(job.id, twin, median(results.map((result) => result.torch)))
  const shares = await profileOf(own, job.threads, median(results.map((result) => result.ours)))
  writeMeasured(job.id, machine, [
    ...results,
    { when: 'twin', variant, variants, apart, torch, build },
    { when: 'profile', shares },
  ])
}

/** How to start a job's twin. */
const twinOf = (job: RuleSpeedJob, file: string): string[] => [
  ...[`bench/twins/${job.twin}`, '--case', job.case, '--start', file, '--threads', `${job.threads}`],
]

/** Asks a job's twin whether it is one, and says how far its losses lie from ours; nothing is timed. */
export async function proveRuleTwin({ precision, ...job }: RuleSpeedJob): Promise<number[]> {
  // In float32 whatever is timed: losses of products in 8 bits are those of other numbers.
  const ours = await ourSide(await ruleStep({ ...job, batch: job.proofBatch ?? job.batch }), job.threads)
  try {
    const { file, losses } = ours.first()
    return checkProof(job.id, await losses(), await askProof(twinOf(job, file), job.threads), job.mostApart)
  } finally {
    await ours.close()
  }
}

async function ourSide({ step, state, feed }: RuleStep, threads: number) {
  const program = await compile(step, { device: 'cpu', threads })
  // Loading takes the buffers away.
  await program.load(Object.fromEntries(Object.entries(state).map(([name, data]) => [name, data.slice()])))
  return {
    /** What a twin starts from, and how to take the first steps for the losses that it must have. */
    first() {
      const runs = PROVEN / step.span
      const batches = feed(runs)
      const losses = async () => (await program.run(runs, batches)).metrics
      return { file: exportStart(step, state, batches), losses }
    },
    /** Milliseconds a mini-batch. */
    async time(batches: number): Promise<number> {
      const runs = Math.max(1, Math.round(batches / step.span))
      const { seconds } = await program.run(runs, feed(runs))
      return (1000 * seconds) / (runs * step.span)
    },
    close: () => program.dispose(),
  }
}
