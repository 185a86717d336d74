import { certificateInWords, listed } from '../certificate/words.js'
import type { Samples } from '../data/index.js'
import { imageShapeOf } from '../data/index.js'
import { commandOf, type KeptRun } from '../kept/run.node.js'
import type { AnyRule } from '../rules/contract.js'
import { TARGET_WORDS } from '../train/options.js'

/** What a card tells of a model. */
export interface CardFacts {
  readonly kept: KeptRun
  readonly rule: AnyRule
  readonly samples: Samples
  /** The files beside the card. */
  readonly files: readonly string[]
  readonly parameters: number
  /** What the inputs of a table's rows are, in their order. */
  readonly inputs?: readonly string[] | undefined
}

const SOURCES: Record<AnyRule['source'], string> = {
  paper: 'written from the paper',
  code: "written from the authors' code",
  reconstructed: 'reconstructed: the source was unavailable or incomplete',
  ours: 'of our own',
}

/** `README.md` of a model: what it is, how it was trained, what it came to, how to run it, and what is not known. */
export function cardOf(facts: CardFacts): string {
  const { kept, rule, files } = facts
  const { config, start } = kept
  const paper =
    rule.paper &&
    `${rule.paper.authors} (${rule.paper.year}), *${rule.paper.title}*${rule.paper.arxiv ? `, [arXiv:${rule.paper.arxiv}](https://arxiv.org/abs/${rule.paper.arxiv})` : ''}`
  const certificate = start && certificateInWords(start.certificate)
  const command = commandOf(kept)
  return [
    frontMatter(facts),
    `# ${rule.title} on ${config.data}`,
    '',
    `A network that was trained by the learning rule \`${rule.id}\`: ${rule.summary}. The rule is ${SOURCES[rule.source]}${paper ? `: ${paper}` : ''}.`,
    '',
    ...(rule.reconstructed
      ? [
          'Parts of it that the source leaves open were filled in:',
          '',
          ...rule.reconstructed.map((text) => `- ${text}`),
          '',
        ]
      : []),
    '## What each layer learned from',
    '',
    ...(certificate
      ? [
          certificate.verdict,
          '',
          ...certificate.layers.map(({ names, text }) => `- ${listed(names)}: ${text}`),
          '',
          'Read from the graph of the training step by Onward.',
        ]
      : ['The journal of the run does not tell.']),
    '',
    '## Figures',
    '',
    ...figuresTable(facts),
    '',
    'The test samples were read when a training had ended; nothing in this run was chosen by them.',
    '',
    '## Training',
    '',
    `- Data: ${config.data}; ${start ? `${start.trainingSamples} samples to learn from, ${start.validationSamples} held out` : ''}`,
    `- Parameters: ${facts.parameters}`,
    `- Epochs: ${kept.epochs}`,
    `- Seed ${config.options.seed}, batches of ${config.options.batch}; all settings are in \`config.json\``,
    ...(command ? ['', 'Begun by:', '', '```sh', command, '```'] : []),
    '',
    '## Files',
    '',
    ...files.map((name) => `- \`${name}\`: ${FILES[name]}`),
    '',
    ...usage(facts),
    '## What this card does not know',
    '',
    'The licence of this model, and what it is fit for: say so before you publish it.',
    '',
  ].join('\n')
}

const FILES: Readonly<Record<string, string>> = {
  'config.json': 'rule, settings, what the network reads, and the names of what it says',
  'model.safetensors': 'weights and running statistics by the names that the rule gives them; nothing of the optimiser',
  'model.onnx': 'the whole prediction, weights included; runs in any ONNX runtime',
}

/** What the hub reads: tags, data set, and the test figures. */
function frontMatter({ kept: { config, criterion, test }, rule, samples }: CardFacts): string {
  const task = taskOf(samples)
  const value =
    criterion &&
    test &&
    (criterion.block === undefined ? test.network : test.blocks?.[criterion.block])?.[criterion.figure]
  const lines = [
    'library_name: onward',
    ...(task ? [`pipeline_tag: ${task}`] : []),
    'tags:',
    ...['onward', rule.id, ...(rule.id === 'backprop' ? [] : ['local-learning'])].map((tag) => `- ${tag}`),
    'datasets:',
    `- ${yaml(config.data)}`,
    ...(value === undefined
      ? []
      : [
          'model-index:',
          `- name: ${yaml(`${rule.id} on ${config.data}`)}`,
          '  results:',
          `  - task: {type: ${task ?? 'other'}}`,
          `    dataset: {name: ${yaml(config.data)}, type: ${yaml(config.data)}, split: test}`,
          `    metrics: [{type: ${yaml(criterion!.figure)}, value: ${value}}]`,
        ]),
  ]
  return ['---', ...lines, '---', ''].join('\n')
}

/** The name that the hub has for what is learned. */
function taskOf({ input, target }: Samples): string | undefined {
  if (target.kind === 'class') return imageShapeOf(input) ? 'image-classification' : 'tabular-classification'
  return target.kind === 'values' ? 'tabular-regression' : undefined
}

/** Text in quotes, which YAML reads as JSON does. */
const yaml = (text: string): string => JSON.stringify(text)

function figuresTable({ kept: { validation, test } }: CardFacts): string[] {
  const rows = [...new Set([...Object.keys(validation?.blocks ?? {}), ...Object.keys(test?.blocks ?? {})]), ''].flatMap(
    (block) => {
      const of = (scores: typeof test) => (block === '' ? scores?.network : scores?.blocks?.[block]) ?? {}
      const names = new Set([...Object.keys(of(validation)), ...Object.keys(of(test))])
      const say = (value: number | undefined): string =>
        value === undefined ? '' : String(Number(value.toPrecision(5)))
      return [...names].map(
        (name) => `| ${block || 'network'} | ${name} | ${say(of(validation)[name])} | ${say(of(test)[name])} |`,
      )
    },
  )
  return rows.length === 0
    ? ['None: the training did not come to its end.']
    : ['| part | figure | held-out | test |', '| --- | --- | ---: | ---: |', ...rows]
}

const ORDER =
  ', in the order that `inputs` in `config.json` has; a category (`COLUMN = TEXT`) is 1 where the column says it, else 0'

function usage({ files, samples, rule, inputs }: CardFacts): string[] {
  if (!files.includes('model.onnx'))
    return [`It only generates: \`onward samples\` draws with the run. (${rule.id} predicts nothing.)`, '']
  const { shape, levels } = samples.input
  const read = levels === undefined ? 'real numbers in their own units' : `levels / ${levels - 1}, from 0 to 1`
  return [
    '## Use',
    '',
    `\`x\` is float32 [N, ${shape.join(', ')}]: ${read}${inputs ? ORDER : ''}. It says ${TARGET_WORDS[samples.target.kind]}.`,
    '',
    '```python',
    'import numpy as np, onnxruntime as ort',
    'session = ort.InferenceSession("model.onnx")',
    `x = np.zeros((1, ${shape.join(', ')}), np.float32)`,
    'scores, said = session.run(None, {"x": x})',
    '```',
    '',
  ]
}
