// Says what the page's own thread does while the lab trains: the longest tasks by processor time, and what they were
// made of.
//   node scripts/lab-tasks.mjs [ADDRESS]     the experiment, as the page's address has it; default: the first one, in a race
import { openLab } from './lab-page.mjs'

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

const lab = await openLab(address, { viewport: { width: 1280, height: 900 } })
const categories = ['toplevel', 'devtools.timeline', 'v8', '__metadata']
await lab.browser.startTracing(lab.page, { categories })
await lab.train()
const { traceEvents } = JSON.parse((await lab.browser.stopTracing()).toString())
await lab.close()

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
