import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { transformSync } from 'esbuild'
import { compile, compileModule } from 'svelte/compiler'

const warn = (path, warnings) =>
  warnings.map(({ message, start }) => ({ text: message, location: { file: path, line: start?.line ?? 1 } }))

/** Compiles Svelte's components, and modules with runes (`.svelte.ts`); their styles become files of their own. */
export const svelte = () => ({
  name: 'svelte',
  setup(build) {
    const styles = new Map()
    build.onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      const { js, css, warnings } = compile(readFileSync(path, 'utf8'), {
        filename: relative(process.cwd(), path),
        generate: 'client',
        css: 'external',
        runes: true,
      })
      styles.set(path, css?.code ?? '')
      const style = css?.code ? `\nimport ${JSON.stringify(`${path}?style`)}` : ''
      return { contents: js.code + style, loader: 'js', resolveDir: dirname(path), warnings: warn(path, warnings) }
    })
    build.onResolve({ filter: /\.svelte\?style$/ }, ({ path }) => ({ path, namespace: 'style' }))
    build.onLoad({ filter: /.*/, namespace: 'style' }, ({ path }) => ({
      contents: styles.get(path.replace(/\?style$/, '')),
      loader: 'css',
    }))
    build.onLoad({ filter: /\.svelte\.ts$/ }, ({ path }) => {
      const { code } = transformSync(readFileSync(path, 'utf8'), {
        loader: 'ts',
        target: 'es2022',
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      })
      const { js, warnings } = compileModule(code, { filename: relative(process.cwd(), path), generate: 'client' })
      return { contents: js.code, loader: 'js', resolveDir: dirname(path), warnings: warn(path, warnings) }
    })
  },
})
