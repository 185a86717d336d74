// What the choice of threads costs: the rate of a training by default, against the same with a fixed number of threads,
// in pairs, each pair in the other order than the one before. After `npx tsc -p tsconfig.test.json`:
//   node build/bench/threads.js --against 2             on a quiet machine
//   node build/bench/threads.js --against 1 --busy      beside a process that takes one core
//   ... [--pairs 10] [-- train forward-forward --data glyphs]
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { median } from './records.js'

const { values, positionals } = parseArgs({
  options: {
    against: { type: 'string', default: '2' },
    busy: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '10' },
  },
  allowPositionals: true,
})
const training = positionals.length > 0 ? positionals : ['train', 'forward-forward', '--data', 'glyphs']
const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))

/** Rows a second of a whole training. */
async function rateOf(options: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'onward-threads-'))
  try {
    const out = ['--out', join(folder, 'run'), '--json']
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...training, ...options, ...out], {
      maxBuffer: 2 ** 28,
    })
    return JSON.parse(stdout.trim().split('\n').at(-1)!).rowsPerSecond
  } finally {
    rmSync(folder, { recursive: true })
  }
}

let other: ChildProcess | undefined
if (values.busy) other = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
try {
  const ratios: number[] = []
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const sides: [string, readonly string[]][] = [
      ['default', []],
      ['fixed', ['--threads', values.against]],
    ]
    if (pair % 2 === 1) sides.reverse()
    const rates: Record<string, number> = {}
    for (const [name, options] of sides) rates[name] = await rateOf(options)
    ratios.push(rates.default! / rates.fixed!)
    console.log(
      `default ${rates.default!.toFixed(0)}, --threads ${values.against} ${rates.fixed!.toFixed(0)} rows/s: ` +
        `${ratios.at(-1)!.toFixed(3)} times`,
    )
  }
  const sorted = ratios.toSorted((a, b) => a - b)
  console.log(
    `${median(ratios).toFixed(3)} times the rate of --threads ${values.against}` +
      ` (${sorted[0]!.toFixed(3)} to ${sorted.at(-1)!.toFixed(3)}; ${ratios.length} pairs)`,
  )
} finally {
  other?.kill()
}
