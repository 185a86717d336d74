import { existsSync } from 'node:fs'
import { UsageError } from '../errors.js'
import { hashOfFile } from '../files.node.js'
import { RULES } from '../rules/registry.js'
import type { Platform } from '../train/platform.js'
import { readCheckpoint, readConfig } from '../train/run-folder.node.js'
import { classifierFeatures } from './classifier.js'
import { type Features, pixelFeatures } from './features.js'
import type { Evidence } from './judging.js'
import { onnxFeatures } from './onnx-features.node.js'

/** The word for principal components of pixels. */
export const PIXELS = 'pixels'

/**
 * Features by the words of a person: `pixels`, the folder of a run that classifies, or an ONNX file; to be closed. Throws a
 * UsageError where they are none of these, or do not fit the images.
 */
export async function openFeatures(
  wish: string,
  { samples, train }: Pick<Evidence, 'samples' | 'train'>,
  platform: Platform,
): Promise<Features> {
  if (wish === PIXELS) return await pixelFeatures(samples, train)
  if (wish.endsWith('.onnx')) return await onnxFeatures(wish, samples)
  if (!existsSync(wish))
    throw new UsageError(
      `there is no folder ${wish}: features are ${PIXELS}, those of a run that classifies (its folder), or of an ONNX file.`,
    )
  const { checkpoint, path } = readCheckpoint(wish)
  const { rule: id, ruleFile } = readConfig(wish)
  const rule = ruleFile ? undefined : RULES.find((own) => own.id === id)
  if (!rule)
    throw new UsageError(
      `the run in ${wish} was trained by a rule of its own file: export it (onward export), and name the ONNX file.`,
    )
  return await classifierFeatures(rule, checkpoint, platform, {
    ...{ where: wish, sha256: await hashOfFile(path), images: samples },
  })
}
