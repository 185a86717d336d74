// Loaded into each process of a test file by scripts/test.mjs: tells how much processor time the file has used, and how
// long the machine took, then and there, for a fixed piece of work.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

/** Of this process and, where Linux counts them, of the processes it started and waited for. */
function secondsUsed() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')
    // utime, stime, cutime and cstime, in the hundredths of a second in which Linux shows them to everybody.
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
}

const sums = new Float64Array(1 << 17)

function workOnce() {
  const start = process.cpuUsage()
  let bits = 1
  for (let round = 0; round < 60; round++)
    for (let i = 0; i < sums.length; i++) {
      bits = Math.imul(bits ^ i, 0x9e3779b1)
      sums[i] = sums[i] * 0.999 + (bits >>> 31)
    }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

/** Seconds of processor time for the fixed work; the first two of five times also compile it. */
const secondsOfWork = () => Math.min(...Array.from({ length: 5 }, workOnce).slice(2))

const { ONWARD_TEST_USED: folder } = process.env
const file = process.argv[1] ?? ''
if (folder && isMainThread && file.endsWith('.test.js'))
  process.on('exit', () => {
    const seconds = secondsUsed()
    writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify({ file, seconds, work: secondsOfWork() }))
  })
