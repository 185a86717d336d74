import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What the page knows of rules and data before its worker has started: written from the compiled registry. */
export const catalogue = () => ({
  name: 'catalogue',
  setup(build) {
    build.onResolve({ filter: /^onward-lab:catalogue$/ }, () => ({ path: 'catalogue', namespace: 'catalogue' }))
    build.onLoad({ filter: /.*/, namespace: 'catalogue' }, async () => ({
      contents: `export const catalogue = ${JSON.stringify(await describe())}`,
      loader: 'js',
    }))
  },
})

const built = (path) => import(pathToFileURL(resolve('dist', path)).href)

async function describe() {
  const { taskFor } = await built('rules/task.js')
  /** What the rule promises with its defaults; the tests hold every rule to it. */
  const isLocal = (rule) => {
    const input = { shape: rule.small?.shape ?? [1, 28, 28], levels: 256 }
    const task = taskFor({ input, target: { kind: 'class', count: 10 } })
    return rule.locality(task, rule.hyper.parse({})).promise.local
  }
  const [{ RULES }, { optionTable }, { trainingOptions }, { dataSets }] = await Promise.all(
    ['rules/registry.js', 'options/index.js', 'train/options.js', 'data/index.js'].map(built),
  )
  return {
    rules: RULES.map((rule) => ({
      id: rule.id,
      short: rule.short ?? [],
      title: rule.title,
      summary: rule.summary,
      ...(rule.paper && { paper: rule.paper }),
      source: rule.source,
      reconstructed: rule.reconstructed ?? [],
      targets: rule.targets ?? ['class'],
      training: rule.training,
      presets: rule.presets,
      options: optionTable(rule.hyper),
      predicts: rule.predict !== undefined,
      local: isLocal(rule),
    })),
    training: optionTable(trainingOptions),
    data: dataSets.map(({ name, title, input, target, names, counts, from }) => ({
      ...{ name, title, input, target, names, counts },
      embedded: 'make' in from,
    })),
  }
}
