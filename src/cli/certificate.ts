import { styleText } from 'node:util'
import type { Certificate } from '../certificate/certificate.js'
import { certificateInWords, listed } from '../certificate/words.js'
import { definitions, wrapText } from './output/text.js'

/** What no certificate can see, whatever the rule. */
export const LIMITS =
  'A certificate reads programs, and is no proof. It does not see what happens outside of them: code that changes ' +
  'data, options or state by what it has measured, and how the first state came about. It counts the bits of a choice ' +
  'for one sample; it does not see what they are used for, and they add up over the samples of a batch, over steps and ' +
  'over blocks. It takes blocks as the rule declares them, and where nothing is predicted, their order too. Therefore ' +
  'it says how deep each block is: in products, which are matrix products or convolutions with learned weights.'

/** What the numbers of a certificate count. */
export const UNITS = {
  window: 'blocks',
  depth: 'products with learned weights',
  inside: 'products with learned weights',
  bits: 'bits for each sample',
  numbers: 'numbers of 32 bits for each sample',
}

/** The certificate in words, lines of at most `width` places: what each layer learns from, and the verdict. */
export function describeCertificate(certificate: Certificate, width: number): string[] {
  const { layers, verdict } = certificateInWords(certificate)
  const words = wrapText(verdict, width - 2)
  return [
    ...definitions(
      layers.map(({ names, text }) => [listed(names), names.length === 1 ? text : `each: ${text}`]),
      width,
    ),
    ...words.map((line) => `  ${styleText(certificate.local ? 'green' : 'yellow', line)}`),
  ]
}
