// Loaded into each process of a test file by scripts/test.mjs: tells how much processor time the file has used.
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

const { ONWARD_TEST_USED: folder } = process.env
const file = process.argv[1] ?? ''
if (folder && isMainThread && file.endsWith('.test.js'))
  process.on('exit', () => {
    writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify({ file, seconds: secondsUsed() }))
  })
