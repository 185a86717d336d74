// Builds dist/ from src/. Run by `prepare`, so that `npm ci` leaves a working command behind.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundlePage, embedRuntime, embedWorker } from './embed.mjs'

rmSync('dist', { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], { stdio: 'inherit' })
execFileSync(process.execPath, ['lab/build.mjs', '--served'], { stdio: 'inherit' })
if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755)

await embedWorker()
embedRuntime()
await bundlePage()

// Compilers before 5.7 know typed arrays without a parameter only; later ones read those as the widest, which they are.
for (const name of readdirSync('dist', { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue
  const path = join('dist', name)
  const types = readFileSync(path, 'utf8')
  const older = types.replaceAll(/\b((?:Big)?(?:Ui|I)nt\d+(?:Clamped)?Array|Float\d+Array)<[\w.| ]*>/g, '$1')
  if (older !== types) writeFileSync(path, older)
}
