// Writes docs/lab.png, the picture of the lab in README.md: trains a network in the page, and takes what is to be seen.
import sharp from 'sharp'
import { openLab } from './lab-page.mjs'

const lab = await openLab('rule=forward-forward&data=glyphs&preset=quick&set.units=300,300', {
  viewport: { width: 1280, height: 960 },
  deviceScaleFactor: 1.5,
  colorScheme: 'light',
})
await lab.train()
await lab.page.waitForTimeout(1500)
await sharp(await lab.page.screenshot())
  .png({ palette: true, quality: 90, effort: 10 })
  .toFile('docs/lab.png')
await lab.close()
