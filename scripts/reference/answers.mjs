// What the commands print with --json that print one value: fields of their own, and types whose fields they have, too.

const OF_RULE = {
  rule: 'The id of the rule.',
  source: 'What it was written from: `paper`, `code`, `reconstructed` or `ours`.',
  reconstructed: 'What the source leaves open and was filled in.',
}

export const ANSWERS = [
  {
    command: 'onward evaluate RUN',
    prints: 'One object.',
    fields: {
      run: 'Its folder.',
      data: 'The name of the data set.',
      ...OF_RULE,
      judged: 'With `--judge`: what the images that it draws are worth; see [Judgement](#judgement).',
      figures: "What the rule's own figures are, by name.",
      finished: '`false` where the training was stopped.',
      diverged: 'Why the training failed, where it did.',
    },
    types: ['Evaluation'],
    parts: ['NamedFigures', 'Judgement', 'Compared', 'Likelihood'],
  },
  {
    command: 'onward predict RUN IMAGE...',
    prints:
      'A list, with an object for each picture, row or array. Besides the fields below it has what is said: `label` and `className`, ' +
      'or `labels` (names), or `values` by name.',
    fields: {
      image: 'The file, of pictures.',
      row: 'Its number from 1, of rows and arrays.',
      fit: 'How a picture was brought to what the network reads.',
      notes: 'What was done to a picture, in words.',
      error: 'Why a picture could not be read; then nothing else is told of it.',
      scores: 'What the network puts out, of each class or label; of values, standardised.',
      scoreName: 'What a score is: `goodness`, say.',
      probabilities: 'Of each class or label, where the rule has some.',
    },
  },
  {
    command: 'onward samples RUN',
    prints: 'One object.',
    fields: {
      run: 'Its folder.',
      ...OF_RULE,
      pictures: 'A list with `picture` (its name), `file`, `images` (how many it shows) and `description`.',
      judged: 'With `--judge`; see [Judgement](#judgement).',
      stays:
        'After a federation: the tensors that stayed with its clients, where some did; what is drawn by them is as before the training.',
    },
  },
  {
    command: 'onward export RUN',
    prints: 'One object.',
    fields: {
      run: 'Its folder.',
      format: '`onnx`, `safetensors` or `huggingface`.',
      file: 'The file that was written.',
      bytes: 'Its size.',
      batch: 'Of ONNX: how many samples the model takes at a time, or `any`.',
      checkedOn: 'Of ONNX: the inputs on which the file was run alone, in words.',
      tensors: 'Of safetensors: how many there are.',
      files: 'Of the folder: a list with `file` and `bytes`.',
    },
  },
  { command: 'onward runs', prints: 'A list, with an object for each run.', types: ['ListedRun'] },
  {
    command: 'onward runs delete RUN...',
    prints: 'One object.',
    fields: { deleted: 'A list with `run`, `files`, `bytes`, and `left`: what is not of Onward and is still there.' },
  },
  { command: 'onward report PATH...', prints: 'One object.', types: ['WrittenReport'] },
  {
    command: 'onward certify [RULE...]',
    prints: 'A list, with an object for each rule.',
    fields: {
      ...OF_RULE,
      local: 'As in [Certificate](#certificate).',
      layers: 'As there.',
      units: 'The units of the numbers of a layer.',
    },
  },
  {
    command: 'onward rules [RULE]',
    prints: 'A list, with an object for each rule.',
    fields: {
      id: 'Its name.',
      title: 'For people.',
      summary: 'In a few words.',
      paper: '`title`, `authors`, `year`, `arxiv`.',
      source: OF_RULE.source,
      targets: 'Kinds of target that it learns.',
      reconstructed: OF_RULE.reconstructed,
      training: '`epochs` and `batch`, unless told otherwise.',
      options: 'A list with `name`, `default`, `takes`, `onlyWith` and `description`.',
      presets: 'By name, with `description`, `hyper` (options of the rule) and `train` (options of training).',
      figures: 'What its own figures are, by name.',
    },
  },
  {
    command: 'onward data [NAME]',
    prints:
      'A list, with an object for each data set. Of your own data, `onward data PATH` prints [what was found](#founddata).',
    fields: {
      name: 'As `--data` takes it.',
      title: 'For people.',
      input: 'As in [TaskInput](#taskinput).',
      target: 'As in [Target](#target).',
      names: 'Of each class, label or value.',
      counts: 'Samples: `train` and `test`.',
      credit: 'Whose it is.',
      where: 'The folder, `embedded`, or `null` where it is not on this machine.',
    },
  },
  {
    command: 'onward meter ARM',
    prints: 'One object.',
    fields: {
      arm: 'As it was given.',
      input: 'The shape of an input.',
      target: 'As in [Target](#target).',
      batch: 'Samples of a step.',
      micro: 'Samples of a micro-batch.',
      own: 'The network as the options say it; see [Metered](#metered).',
      depths: 'A list of the same, by depth.',
      refused: 'Why there are none of some depths.',
    },
    parts: ['Metered', 'StepMemory', 'BackpropMemory'],
  },
  { command: 'onward lab', prints: 'One object; the command goes on.', fields: { url: 'Where the page is.' } },
  {
    command: 'onward doctor',
    prints: 'One object.',
    fields: { onward: 'Its version.' },
    types: ['Diagnosis'],
    parts: ['Provider', 'CpuFigures'],
  },
]

/** Where these types are. */
export const ANSWER_TYPES = [
  'src/targets/breakdown.ts',
  'src/judge/neighbours.ts',
  'src/judge/judging.ts',
  'src/runs.node.ts',
  'src/cli/runs/table.ts',
  'src/kept/states.ts',
  'src/report/report.node.ts',
  'src/meter/backpropagation.ts',
  'src/meter/meter.ts',
  'src/runtime/doctor.node.ts',
]
