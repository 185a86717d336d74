import { UsageError } from '../../errors.js'
import type { Column } from './content.js'
import { plain } from './plain.js'

/** A number with a unit of money, a per cent sign, thousands in groups, or a decimal comma. */
const WRITTEN = /^[-+]?[$€£¥]?\s?(\d+|\d{1,3}([ ,.'’\u00a0\u202f])\d{3}(\2\d{3})*)([.,]\d+)?(e[-+]?\d+)?\s?[%$€£¥]?$/i

/**
 * Throws a UsageError where all texts of a column are numbers, though written as no program reads them: as categories
 * or classes they would lose what they say.
 */
export function checkNoNumbers({ name, cells }: Column): void {
  if (typeof cells[0] !== 'string') return
  const texts = (cells as readonly string[]).filter((text) => text !== '')
  const example = texts.find((text) => !Number.isFinite(Number(text)))
  if (example === undefined || !texts.every((text) => WRITTEN.test(text))) return
  throw new UsageError(
    `column "${plain(name)}" writes its numbers as "${plain(example)}": write them with digits and a decimal point alone`,
  )
}
