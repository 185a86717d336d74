import { evaluate } from '../../node.js'
import { percent } from '../output/numbers.js'
import { print } from '../output/print.js'
import { downloadProgress } from '../train/download.js'
import { renderTable } from '../train/screen.js'
import { accuracies } from '../train/view.js'

export interface EvaluateFlags {
  readonly dataDir?: string
  readonly json?: true
}

/** `onward evaluate RUN`: the test accuracy of a kept run, of the whole network and of each layer alone. */
export async function evaluateCommand(run: string, { dataDir, json }: EvaluateFlags): Promise<void> {
  const downloads = downloadProgress(process.stderr)
  const load = { onProgress: downloads.show, ...(dataDir !== undefined && { dataDir }) }
  const { testAccuracy, layers } = await evaluate(run, { load }).finally(downloads.end)
  if (json) {
    print(JSON.stringify({ run, testAccuracy, layers }))
    return
  }
  const rows = [...accuracies(layers, testAccuracy)].map(([row, test]) => [row, { test }] as const)
  print(`${run}: ${percent(testAccuracy)} of the test images right.`, ...renderTable(new Map(rows)))
}
