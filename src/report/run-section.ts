import type { Certificate } from '../certificate/certificate.js'
import { certificateInWords, listed } from '../certificate/words.js'
import { bytes, count, duration, percent } from '../cli/output/numbers.js'
import { showFigure } from '../cli/train/table.js'
import { drawCertificate } from '../draw/certificate.js'
import { drawConfusion } from '../draw/confusion.js'
import { type Maker, seriesColour } from '../draw/plot.js'
import { drawScatter } from '../draw/scatter.js'
import { element, escaped } from '../draw/svg.js'
import { commandOf } from '../kept/run.node.js'
import { flatValues } from '../kept/settings.js'
import { showValue } from '../options/index.js'
import type { Breakdown } from '../targets/index.js'
import { figureOf } from '../train/judge.js'
import { runCurves, SIZE } from './learning.js'
import { details, figure, grid, legend, type Markup, paragraph, scrolled, table } from './page.js'
import type { ReportedEmbedding, ReportedRun } from './run.node.js'

/** What a run is judged by, in words: of held-out training samples, and of the test samples. */
export function resultsOf({ kept: { criterion, validation, test } }: Pick<ReportedRun, 'kept'>) {
  const [held, tested] = [validation, test].map((scores) => criterion && scores && figureOf(criterion, scores))
  const say = (value: number | undefined): string => (value === undefined ? '–' : showFigure(criterion!.figure, value))
  return { held: say(held), tested: say(tested), figure: criterion?.figure ?? 'figure' }
}

/** Curves of a run: each layer, over epochs and time. */
export const learningOf = (maker: Maker, { events, kept }: ReportedRun): Markup =>
  kept.criterion ? grid(...runCurves(maker, events, kept.criterion)) : paragraph('It ended before it began to train.')

/** The confusion matrix and the figures of each class or label. */
export function classesOf(maker: Maker, { each, confusion }: Breakdown): Markup {
  const share = (value: number | undefined): string => (value === undefined ? '–' : percent(value))
  const cells = {
    head: [confusion ? 'class' : 'label', 'samples', 'precision', 'recall', 'F1'],
    rows: each.map(({ name, samples, ...own }) => [
      ...[name, count(samples), share(own.precision), share(own.recall), share(own.f1)],
    ]),
  }
  const figures = element(
    'figure',
    {},
    element('figcaption', {}, element('h4', {}, `For each ${cells.head[0]}`)),
    each.length <= 30
      ? table(cells, `For each ${cells.head[0]}`)
      : details(`All ${each.length}`, table(cells, 'For each class')),
  )
  if (!confusion) return grid(figures)
  const names = each.map(({ name }) => name)
  const right = confusion.reduce((sum, row, k) => sum + row[k]!, 0)
  const all = each.reduce((sum, { samples }) => sum + samples, 0)
  const name = `Confusion matrix: ${count(right)} of ${count(all)} test samples lie on its diagonal, which is right`
  return grid(
    figure({
      title: 'Confusion matrix',
      text: 'True classes by rows, what they are taken for by columns; right on the diagonal.',
      picture: drawConfusion(maker, { name, classes: names, counts: confusion }, SIZE.width),
      ...(names.length <= 30 && {
        cells: { head: ['true', ...names], rows: confusion.map((row, k) => [names[k]!, ...row.map(String)]) },
      }),
    }),
    figures,
  )
}

const FED: Readonly<Record<string, string>> = { input: 'The samples themselves', scores: 'What the network says' }

/** What blocks are fed, a point for each sample. */
export function embeddingsOf(maker: Maker, { embeddings, classes, names }: ReportedRun): Markup {
  const colours =
    classes && names.length <= 20 ? names.map((name, k) => ({ name, colour: seriesColour(k), strong: true })) : []
  const pictures = grid(
    ...embeddings.map((own) => {
      const { name, size, explained, points } = own
      const title = FED[name] ?? `The input of ${name}`
      const how = explained
        ? `two principal components of ${count(size)} numbers, ${percent(explained[0] + explained[1])} of their variance`
        : `UMAP of ${count(size)} numbers`
      return figure({
        ...{ title, text: `${count(points.length)} held-out samples: ${how}.` },
        picture: drawScatter(
          maker,
          { name: `${title}: ${how}${apartness(own, classes)}`, points, names, ...(classes && { classes }) },
          { ...SIZE, height: 300 },
        ),
      })
    }),
  )
  return legend(colours) + pictures
}

/** In words how far classes lie apart: how many samples have their nearest neighbour in their own class. */
function apartness({ points }: ReportedEmbedding, classes: ArrayLike<number> | undefined): string {
  if (!classes) return ''
  const own = points.filter(([x, y], i) => {
    let nearest = -1
    let least = Number.POSITIVE_INFINITY
    for (const [k, [a, b]] of points.entries()) {
      const far = (a - x) ** 2 + (b - y) ** 2
      if (k !== i && far < least) {
        least = far
        nearest = k
      }
    }
    return nearest >= 0 && classes[nearest] === classes[i]
  })
  return `; ${percent(own.length / Math.max(1, points.length))} of them have a nearest neighbour of their own class`
}

/** Wider pictures are too small in a column; where the page itself is narrower, they are scrolled, so that they can be read. */
const WIDE = 640

export const picturesOf = ({ pictures }: ReportedRun): Markup =>
  grid(
    ...pictures.map(({ name, description, png, width, height }) => {
      const picture = element('img', {
        ...{ src: `data:image/png;base64,${Buffer.from(png).toString('base64')}`, width, height },
        alt: `${name}: ${description}`,
      }).replace('</img>', '')
      const wide = width > WIDE
      return figure({
        ...{ title: name, text: description, wide },
        picture: wide ? scrolled(picture, `The picture ${name}`) : picture,
      })
    }),
  )

/** The certificate, drawn and in words. */
export function certificateOf(certificate: Certificate): Markup {
  const { layers, verdict } = certificateInWords(certificate)
  const words = layers.map(
    ({ names, text }) =>
      element('dt', {}, escaped(listed(names))) + element('dd', {}, escaped(names.length > 1 ? `each: ${text}` : text)),
  )
  return grid(
    figure({ title: 'What each layer learns from', text: verdict, picture: drawCertificate(certificate) }),
    element(
      'figure',
      {},
      element('figcaption', {}, element('h4', {}, 'In words')),
      element('dl', { class: 'words' }, ...words),
    ),
  )
}

/** Settings, command, machine, memory. */
export function settingsOf({ kept, missing }: ReportedRun): Markup {
  const { config, environment, start, date } = kept
  const command = commandOf(kept)
  const list = (values: readonly (readonly [string, string | undefined])[]): Markup =>
    element(
      'dl',
      { class: 'words' },
      ...values.flatMap(([name, value]) =>
        value === undefined || value === ''
          ? []
          : [element('dt', {}, escaped(name)) + element('dd', {}, escaped(value))],
      ),
    )
  const options = [...Object.entries(flatValues(config.hyper)), ...Object.entries(flatValues(config.options))]
  return [
    ...missing.map((text) => paragraph(text, 'note')),
    ...(command ? [element('pre', {}, escaped(command))] : []),
    list([
      ['begun', date],
      ['commit of the working folder', environment.commit],
      ['time', kept.seconds === undefined ? undefined : duration(kept.seconds)],
      ['parameters', start && count(start.parameters)],
      ['activations at their peak', start && bytes(start.peakActivationBytes)],
      ['weights and optimiser', start && bytes(start.stateBytes)],
      ['samples', start && `${count(start.trainingSamples)} to learn from, ${count(start.validationSamples)} held out`],
      ['machine', [environment.processor, environment.system].filter(Boolean).join(', ')],
      [
        'versions',
        environment.onward &&
          `Onward ${environment.onward}, Node ${environment.node}, ONNX Runtime ${environment.onnxruntime}`,
      ],
    ]),
    details(
      'All settings',
      table(
        { head: ['setting', 'value'], rows: options.map(([key, value]) => [key, showValue(value)]) },
        'All settings',
      ),
    ),
    ...(start?.reconstructed
      ? [
          details(
            'Reconstructed: the source leaves these open',
            element('ul', {}, ...start.reconstructed.map((text) => element('li', {}, escaped(text)))),
          ),
        ]
      : []),
  ].join('')
}
