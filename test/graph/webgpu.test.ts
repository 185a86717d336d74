// The table of cases on the WebGPU provider, in a process of its own. Outside of loops the session refuses nodes that
// fall back to the CPU; loops, which that check refuses whole, are read from ONNX Runtime's own list of placements.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DRIVER_VARIABLES } from '../software-driver.js'
import { ALL } from './harness.js'

/** What a loop leaves to the CPU: itself, its counter's cast from int64, and the bool that says whether to go on. */
const HOST_SIDE = ['Loop', 'Cast', 'Identity']

interface Outcome {
  state: 'started' | 'passed' | 'failed'
  message?: string
  log: string
}

function runFrom(index: number): Promise<{ outcomes: Map<number, Outcome> }> {
  const env = { ...process.env, ...DRIVER_VARIABLES }
  const script = fileURLToPath(new URL('./webgpu-cases.js', import.meta.url))
  // A file, not a pipe: ONNX Runtime's log may fill a pipe faster than it is read, and writing to it then fails.
  const folder = mkdtempSync(join(tmpdir(), 'onward-webgpu-'))
  const file = join(folder, 'log')
  const log = openSync(file, 'w')
  const child = spawn(process.execPath, [script, String(index)], { env, stdio: ['ignore', 'ignore', log] })
  return new Promise((resolve) => {
    child.on('close', () => {
      closeSync(log)
      const text = readFileSync(file, 'utf8')
      rmSync(folder, { recursive: true })
      const outcomes = new Map<number, Outcome>()
      let current: Outcome | undefined
      for (const line of text.split('\n')) {
        if (line.startsWith('@@')) {
          const { index, ...said } = JSON.parse(line.slice(2))
          current = { log: '', ...outcomes.get(index), ...said } as Outcome
          outcomes.set(index, current)
        } else if (current) current.log += `${line}\n`
      }
      resolve({ outcomes })
    })
  })
}

/** The operations that ONNX Runtime placed on the CPU, from its log. */
function onCpu(log: string): string[] {
  const found: string[] = []
  let provider = ''
  for (const line of log.split('\n')) {
    provider = /placed on \[(\w+)\]/.exec(line)?.[1] ?? provider
    const node = /VerifyEachNodeIsAssignedToAnEp\]\s+(\w+) \(/.exec(line)
    if (node && provider === 'CPUExecutionProvider') found.push(node[1]!)
  }
  return found
}

describe('lowerings agree with the interpreter on WebGPU', () => {
  const outcomes = new Map<number, Outcome>()
  let absent = false

  before(async () => {
    for (let next = 0; next < ALL.length; ) {
      const { outcomes: part } = await runFrom(next)
      for (const [index, outcome] of part) outcomes.set(index, outcome)
      absent = /Failed to get a WebGPU adapter|WebGPU.*not (available|supported)/i.test(outcomes.get(0)?.message ?? '')
      if (absent || part.size === 0) return
      next = Math.max(...part.keys()) + 1
    }
  })

  for (const [index, { op, own }] of ALL.entries())
    it(`${op}: ${own.name}`, (test) => {
      if (absent) return test.skip('no WebGPU adapter here: neither a driver of this machine nor the software one')
      const outcome = outcomes.get(index)
      assert.ok(outcome, 'the process ended before this case')
      assert.notEqual(outcome.state, 'started', 'the program aborted the process')
      if (own.webgpu === 'refused') assert.match(outcome.message ?? '', /WebGPU has no 8-bit products/)
      else assert.equal(outcome.state, 'passed', outcome.message)
      assert.deepEqual(
        onCpu(outcome.log).filter((name) => !HOST_SIDE.includes(name)),
        [],
        'these fell back to the CPU',
      )
      if (op === 'loop') assert.match(outcome.log, /placed on \[WebGpuExecutionProvider\]/)
    })
})
