// At most 60 s: a dozen commands, each once on few samples.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { after, describe, test } from 'node:test'
import { events, onward, workFolder } from '../cli/onward.js'

interface Field {
  readonly optional: boolean
  readonly type: string
}

/** The sections of the page of JSON: the fields that each lists, by the part of the page and the heading. */
const SECTIONS = new Map(
  readFileSync('docs/reference/json.md', 'utf8')
    .split(/^## /m)
    .flatMap((part) => {
      const [own = '', ...sections] = part.split(/^### /m)
      return sections.map((section): [string, Map<string, Field>] => [
        `${own.split('\n')[0]} > ${section.split('\n')[0]!.replaceAll('`', '')}`,
        new Map(
          [...section.matchAll(/^\| `([\w.]+)(\?)?` \|(?: `(.*?)` \|)?/gm)].map(([, name, optional, type = '']) => {
            // What the commands print whose own fields have no types may be left out.
            return [name!, { optional: optional !== undefined || type === '', type }]
          }),
        ),
      ])
    }),
)
const FILES = readFileSync('docs/reference/files.md', 'utf8')

const titled = (heading: string): Map<string, Field> | undefined =>
  [...SECTIONS].find(([key]) => key.endsWith(` > ${heading}`))?.[1]

/** Whether the page has every field of a value, and the value every field that the page does not call optional. */
function check(value: object, fields: ReadonlyMap<string, Field>, where: string): void {
  for (const [name, own] of Object.entries(value)) {
    const field = fields.get(name)
    assert.ok(field, `${where}: the page says nothing of ${name}`)
    // What a type adds to another: `PairedDifference & { pHolm?: number }`.
    const added = [...field.type.matchAll(/(\w+)\?: /g)].map(([, key]) => [key!, { optional: true, type: '' }] as const)
    const section = [...field.type.matchAll(/\w+/g)].map(([word]) => titled(word)).find((known) => known?.size)
    if (section && !field.type.startsWith('{'))
      for (const one of [own].flat(2))
        if (typeof one === 'object' && one) check(one, new Map([...section, ...added]), `${where}.${name}`)
  }
  for (const [name, { optional }] of fields)
    if (!optional && !name.includes('.'))
      assert.ok(name in value, `${where}: the page has ${name}, and it is not there`)
}

const folder = workFolder()
const here = process.cwd()
after(() => {
  process.chdir(here)
  rmSync(folder, { recursive: true, force: true })
})
const small = ['--limit', '200', '--epochs', '1', '--batch', '20']

async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await onward(folder, ...args, '--json')
  assert.equal(code, 0, stderr)
  return stdout
}

/** Every event of a command has a section of its own, with all of its fields. */
async function checkEvents(part: string, ...args: string[]): Promise<string[]> {
  const told = events({ code: 0, stdout: await said(...args), stderr: '' })
  for (const { event, ...fields } of told) {
    const section = SECTIONS.get(`${part} > ${event}`)
    assert.ok(section, `${part}: no section is about ${event}`)
    check(fields, section, event)
  }
  return told.map(({ event }) => event)
}

describe('the reference', () => {
  test('has every event of train, of machines and of tune, with every field', async () => {
    const train = await checkEvents(
      'Events of `train` and `up`',
      ...['train', 'forward-forward', '--data', 'glyphs', '--log', 'tensorboard,csv', ...small],
    )
    assert.ok(['start', 'progress', 'epoch', 'measuring', 'checkpoint', 'done'].every((kind) => train.includes(kind)))
    const memory = ['--engine', 'memory', '--data', 'glyphs']
    await checkEvents('Events of `train` and `up`', 'up', 'pipeline', 'uff', ...memory, ...small)
    const clients = ['--clients', '2', '--rounds', '1', '--limit', '200', '--batch', '20']
    await checkEvents('Events of `train` and `up`', 'up', 'federated', 'backprop', ...memory, ...clients)
    const tune = await checkEvents(
      'Events of `tune`',
      ...['tune', 'backprop', '--data', 'glyphs', '--trials', '2', '--study', 'studies/s.jsonl', ...small],
    )
    assert.ok(['start', 'trial', 'report', 'finished', 'done'].every((kind) => tune.includes(kind)))
  })

  test('has every field that the other commands print', async () => {
    const run = 'runs/forward-forward-glyphs-1'
    const commands: Readonly<Record<string, readonly string[]>> = {
      'onward evaluate RUN': ['evaluate', run],
      'onward samples RUN': ['samples', run],
      'onward export RUN': ['export', run],
      'onward runs': ['runs'],
      'onward report PATH...': ['report', run],
      'onward certify [RULE...]': ['certify', 'uff'],
      'onward rules [RULE]': ['rules', 'uff'],
      'onward data [NAME]': ['data'],
      'onward meter ARM': ['meter', 'backprop', '--depth', '2'],
      'onward doctor': ['doctor'],
    }
    for (const [heading, args] of Object.entries(commands)) {
      const section = titled(heading)
      assert.ok(section, heading)
      for (const value of [JSON.parse(await said(...args))].flat()) check(value, section, heading)
    }
    await said('export', run, '--format', 'safetensors')
    await said('export', run, '--format', 'huggingface')
    const compared = JSON.parse(
      await said(
        'compare',
        'backprop',
        'uff',
        '--data',
        'glyphs',
        '--seeds',
        '2',
        '--budget',
        'epochs=1',
        '--limit',
        '200',
      ),
    )
    check(compared, titled('Comparison')!, 'compare')
  })

  test('has every file that these commands wrote', () => {
    for (const found of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!found.isFile()) continue
      const path = relative(folder, join(found.parentPath ?? found.path, found.name))
      const folders = path.split(sep).slice(0, -1)
      const name = found.name.replace(/^events\.out\.tfevents\..*/, 'events.out.tfevents.*')
      const isTold = FILES.includes(`\`${name}\``) || folders.some((own) => FILES.includes(`\`${own}/\``))
      assert.ok(isTold, `no line is about ${path}`)
    }
  })

  test('has every variable of the environment that the sources read', () => {
    const page = readFileSync(join(here, 'docs/reference/commands.md'), 'utf8')
    const sources = readdirSync(join(here, 'src'), { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(here, 'src', file), 'utf8'))
    const read = new Set(
      sources.flatMap((text) => [...text.matchAll(/env\.((?:ONWARD|NATS|ORT)_\w+)/g)].map(([, name]) => name!)),
    )
    assert.ok(read.size > 2)
    for (const name of read) assert.ok(page.includes(`\`${name}\``), name)
  })
})
