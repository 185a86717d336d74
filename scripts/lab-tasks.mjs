// Says what the page's own thread does while the lab trains: the longest tasks by processor time, and what they were
// made of. Opens the page that was built (npm run build) in Chromium.
//   node scripts/lab-tasks.mjs [ADDRESS]     the experiment, as the page's address has it; default: the first one, in a race
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { offersHere } from '../dist/cli/lab/offers.js'
import { serveLab } from '../dist/cli/lab/server.js'

const [address = 'rule=forward-forward&data=glyphs&preset=quick&epochs=2&race=backprop'] = process.argv.slice(2)
/** Of the trace: pieces of a task that are named one by one. */
const PARTS = [
  'FunctionCall',
  'EvaluateScript',
  'TimerFire',
  'FireAnimationFrame',
  'UpdateLayoutTree',
  'Layout',
  'PrePaint',
  'Paint',
  'Layerize',
  'Commit',
  'MajorGC',
  'MinorGC',
  'v8.compile',
  'v8.compileModule',
  'HandlePostMessage',
  'RunMicrotasks',
  'EventDispatch',
]
const SHOWN = 12

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const server = await serveLab({
  page: fileURLToPath(new URL('../dist/lab', import.meta.url)),
  runtime: fileURLToPath(new URL('../dist/', import.meta.resolve('onnxruntime-web/wasm'))),
  ...{ host: '127.0.0.1', port: 0, offers: offersHere({ runs: 'no runs' }) },
})
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
await page.goto(`${server.url}#${address}`)
await page.locator('.verdict:not(.wait)').first().waitFor()
await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'v8', '__metadata'] })
await page.getByRole('button', { name: 'Train', exact: true }).click()
await page.getByText('Test accuracy').waitFor({ timeout: 300_000 })
const { traceEvents } = JSON.parse((await browser.stopTracing()).toString())
await browser.close()
await server.close()

/** The page's own thread is the one that drew most. */
const drawn = new Map()
for (const { name, pid, tid } of traceEvents)
  if (name === 'UpdateLayoutTree') drawn.set(`${pid} ${tid}`, (drawn.get(`${pid} ${tid}`) ?? 0) + 1)
const [thread] = [...drawn].sort(([, a], [, b]) => b - a)[0]
const own = traceEvents.filter(({ ph, pid, tid, tdur }) => ph === 'X' && tdur > 0 && `${pid} ${tid}` === thread)
const tasks = own.filter(({ name }) => name.endsWith('RunTask')).sort((a, b) => b.tdur - a.tdur)
const ms = (microseconds) => `${(microseconds / 1000).toFixed(1)} ms`
const above = (limit) => tasks.filter(({ tdur }) => tdur > limit * 1000).length
const all = tasks.reduce((sum, { tdur }) => sum + tdur, 0)
console.log(`${tasks.length} tasks, ${ms(all)} of processor time; ${above(50)} above 50 ms, ${above(20)} above 20 ms`)
for (const { ts, dur, tdur } of tasks.slice(0, SHOWN)) {
  const parts = own.filter(
    (part) => PARTS.includes(part.name) && part.ts >= ts && part.ts + part.dur <= ts + dur && part.tdur > 1000,
  )
  console.log(`\n${ms(tdur)}`)
  for (const { name, tdur: time, args } of parts.sort((a, b) => a.ts - b.ts)) {
    const { functionName = '', url = '', lineNumber = '', columnNumber = '' } = args?.data ?? {}
    const where = url ? `${url.split('/').at(-1)}:${lineNumber}:${columnNumber}` : ''
    console.log(`  ${name} ${ms(time)} ${functionName} ${where}`)
  }
}
