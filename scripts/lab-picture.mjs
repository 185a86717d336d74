// Writes docs/lab.png, the picture of the lab in README.md: opens the page that was built (npm run build) in Chromium,
// trains a network, and takes what is to be seen.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { offersHere } from '../dist/cli/lab/offers.js'
import { serveLab } from '../dist/cli/lab/server.js'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const server = await serveLab({
  page: fileURLToPath(new URL('../dist/lab', import.meta.url)),
  runtime: fileURLToPath(new URL('../dist/', import.meta.resolve('onnxruntime-web/wasm'))),
  ...{ host: '127.0.0.1', port: 0, offers: offersHere({ runs: 'no runs' }) },
})
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
const page = await browser.newPage({
  viewport: { width: 1280, height: 960 },
  deviceScaleFactor: 1.5,
  colorScheme: 'light',
})
await page.goto(`${server.url}#rule=forward-forward&data=glyphs&preset=quick&set.units=300,300`)
await page.locator('.verdict:not(.wait)').first().waitFor()
await page.getByRole('button', { name: 'Train', exact: true }).click()
await page.getByText('Test accuracy').waitFor({ timeout: 300_000 })
await page.waitForTimeout(1500)
await sharp(await page.screenshot())
  .png({ palette: true, quality: 90, effort: 10 })
  .toFile('docs/lab.png')
await browser.close()
await server.close()
