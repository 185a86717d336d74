// docs/reference/files.md: what lies in the files that the program writes and reads.
import { code, table } from './markdown.mjs'

const RUN = {
  metrics:
    'Every event of the training, one JSON object a line, with its `time`: the certificate, the epochs, at last the test figures. [Their fields](json.md#events-of-train-and-up).',
  config: 'Rule, data set, and every option with its value. `onward train --config` takes it.',
  checkpoint:
    'All that a training needs to go on with the same bits: weights, states of optimisers, running statistics, the place in the data. In the safetensors format; its metadata holds the settings as JSON.',
  environment: 'The machine, the versions, the date, the commit of the folder, the command.',
}

const WRITTEN_LATER = {
  'model.onnx': '`onward export`: the whole prediction as one file.',
  'model.safetensors': '`onward export --format safetensors`: weights and running statistics.',
  'huggingface/':
    '`onward export --format huggingface`: `README.md`, `config.json`, `model.safetensors`, `model.onnx`.',
  'samples/': '`onward samples`: a PNG file for each picture.',
  'report.html': '`onward report`: one page that needs nothing beside it.',
  'events.out.tfevents.*': '`onward train --log tensorboard`: figures, settings and pictures as event files.',
  'pipeline.json': '`onward up pipeline`: how the layers were shared out, to go on in the same way.',
  'federated/':
    '`onward up federated`: `settings.json` (what was asked for), `stays.json` (which tensors never left the clients), `round.json` and `objects/` (the last model), `clients/` ' +
    '(what they need to go on), `credentials/` (a file for each party).',
  lock: 'The process that trains or writes here. It goes away at the end.',
}

const STUDY = {
  'studies/RULE-DATA-NUMBER.jsonl':
    'The study, a journal in the format of Optuna: one JSON object a line for each trial that begins, reports or ends.',
  'studies/RULE-DATA-NUMBER.best.json': 'The best settings. `onward train --config` takes them.',
  'studies/RULE-DATA-NUMBER.trial-N.json': 'With several objectives: the settings of each compromise.',
}

const COMPARISON = {
  'compare.json':
    'What is compared: arms with all settings, budget, data. The same command with `--out` goes on by it.',
  'runs/NUMBER-ARM/seed-N/': 'Each run, as a folder of its own.',
  'studies/': 'With `--tune`: a study for each arm.',
}

const READ = {
  'PNG, JPEG, WebP, GIF, TIFF, BMP, AVIF': 'Pictures, in a folder for each class, or to predict.',
  'CSV, TSV (also .gz), Parquet': 'Tables, with a column as the target.',
  'NPY, NPZ, safetensors': 'Arrays of inputs and targets.',
  'IDX (also .gz)': 'Images and labels as MNIST has them.',
  'CIFAR in binary': 'Batches, a folder of them, or the archive.',
  'a rule: .js, .mjs, .ts': 'A module that exports a rule. Node 22.18 and later read `.ts`.',
  'settings: .json': 'For `--config`: flags by name, the options of the rule in `set`.',
  'features: .onnx': 'For `--features`: a network that reads images `[N, C, H, W]` or `[N, H, W, C]`.',
  'credentials: .json': 'For `onward join`: written by `onward up`.',
}

/** The page, as lines. `load` gives a module of the program by its path. */
export async function filesPage(load) {
  const [{ RUN_FILES }, { CSV_HEAD }, { OPERATIONS }] = [
    await load('train/run-files.js'),
    await load('logs/csv.js'),
    await load('tune/journal.js'),
  ]
  const said = (files) =>
    table(
      ['file', 'what it holds'],
      Object.entries(files).map(([names, what]) => [names.split(', ').map(code).join(', '), what]),
    )
  return [
    '# Every file that Onward writes or reads',
    '## The folder of a run',
    '',
    '`runs/RULE-DATA-NUMBER` below the folder where the command ran, or what `--out` says. `onward runs` lists them.',
    '',
    ...said(Object.fromEntries(Object.entries(RUN_FILES).map(([key, name]) => [name, RUN[key]]))),
    '',
    'Other commands write beside these:',
    '',
    ...said(WRITTEN_LATER),
    '',
    'Files are written whole under another name (`.part`) and then renamed: half a file is never there.',
    '',
    '### `metrics.csv`',
    '',
    `\`onward train --log csv\` writes one number a row under the line \`${CSV_HEAD}\`. \`source\` is training, validation or test. Of the whole`,
    'network the block is empty. `step` counts the steps of the whole training.',
    '',
    '### `checkpoint.safetensors`',
    '',
    'Eight bytes tell the length of a header of JSON, which names each tensor with its type (`F32`, `I32` and their like), its shape and its place in the',
    'bytes that follow: [the format](https://github.com/huggingface/safetensors). Any reader of it reads the weights by the names that the rule gives them.',
    '',
    '## A study',
    '',
    '`onward tune` writes these; `--study FILE` names the journal.',
    '',
    ...said(STUDY),
    '',
    `Each line of the journal has \`op_code\` and \`worker_id\`. The codes: ${Object.entries(OPERATIONS)
      .map(([name, number]) => `${number} ${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`)
      .join(', ')}.`,
    '',
    '## A comparison',
    '',
    '`onward compare` writes into `runs/compare-DATA-NUMBER`, or what `--out` says.',
    '',
    ...said(COMPARISON),
    '',
    '## A party of a federation',
    '',
    'Who joins with `onward join` keeps what its layers and its optimiser need to go on in `onward-NAME`, or where `--store` says.',
    '',
    '## What is read',
    '',
    ...table(['format', 'what it is read as'], Object.entries(READ)),
    '',
    '[Your own data](../own-data.md) says how each format of data is understood, [a rule of your own](../own-rule.md) what a rule exports.',
    '',
    '### A file of settings',
    '',
    '```json',
    '{ "rule": "forward-forward", "data": "glyphs", "epochs": 2, "seed": 1, "set": { "units": [100, 100], "negatives": "uniform" } }',
    '```',
    '',
    'Flags have their names without the dashes. What is said on the command line counts more.',
  ]
}
