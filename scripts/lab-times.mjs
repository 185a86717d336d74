// Times of the lab on this machine, beside Node's on one thread, in turns; run it while nothing else runs.
//   node scripts/lab-times.mjs [TIMES] [EPOCHS]     how often each is timed, and epochs of each training; default: 5 1
import { train } from '../dist/node.js'
import { openLab } from './lab-page.mjs'

const [times = '5', epochs = '1'] = process.argv.slice(2)
const EXPERIMENT = { rule: 'forward-forward', data: 'glyphs', preset: 'quick' }
const address = `${new URLSearchParams({ ...EXPERIMENT, epochs })}`
/** Milliseconds of slow motion that are watched. */
const WATCHED = 5000

async function inNode() {
  const start = performance.now()
  const options = { epochs: Number(epochs), threads: 1 }
  for await (const { event } of train({ ...EXPERIMENT, options, out: false }))
    if (event === 'done') return performance.now() - start
  throw new Error('the training in Node did not end')
}

/** A first visit: nothing is kept from the one before. */
async function inPage() {
  const lab = await openLab(address, { viewport: { width: 1280, height: 900 } })
  const usable = await lab.page.evaluate(() => performance.now())
  const start = performance.now()
  await lab.train()
  const training = performance.now() - start
  await lab.close()
  return { usable, training }
}

/** Frames a second of slow motion, and the longest wait for a frame in milliseconds. */
async function slowly() {
  const lab = await openLab(address, { viewport: { width: 1280, height: 900 } })
  await lab.page.getByRole('button', { name: 'Slow motion' }).click()
  await lab.page.locator('.phases .now').waitFor()
  const frames = await lab.page.evaluate(async (watched) => {
    const seen = []
    const end = performance.now() + watched
    while (performance.now() < end) seen.push(await new Promise(requestAnimationFrame))
    return seen
  }, WATCHED)
  await lab.close()
  const gaps = frames.slice(1).map((at, i) => at - frames[i])
  return { frames: (1000 * gaps.length) / (frames.at(-1) - frames[0]), longest: Math.max(...gaps) }
}

const rows = []
for (let i = 0; i < Number(times); i++) rows.push({ node: await inNode(), ...(await inPage()), ...(await slowly()) })
const tell = (what, figureOf, digits) =>
  console.log(`${what}: ${rows.map((row) => figureOf(row).toFixed(digits)).join(', ')}`)
tell('usable after a first visit, s', ({ usable }) => usable / 1000, 2)
tell('from the click on Train to the figures of the test, s', ({ training }) => training / 1000, 2)
tell('the same in Node on one thread, s', ({ node }) => node / 1000, 2)
tell("the page's by Node's", ({ training, node }) => training / node, 2)
tell('frames a second in slow motion', ({ frames }) => frames, 1)
tell('longest wait for one, ms', ({ longest }) => longest, 0)
