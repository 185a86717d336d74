import type { Certificate } from '../../../src/certificate/certificate.js'
import { type CertificateLayout, certificateLayout } from '../../../src/draw/certificate-layout.js'

/** Layers with room for what they hold, as wide as the place that there is. */
export function networkLayout(
  certificate: Certificate,
  width: number,
): CertificateLayout & { readonly compact: boolean } {
  const isNarrow = width < 480
  const compact = certificate.layers.length > 5
  const isAlone = certificate.layers.every(
    ({ window, reads }) => window === 1 && !reads.choice && !reads.broadcast && !reads.feedback,
  )
  const x = isNarrow ? 66 : 76
  const isTold = certificate.layers.some(({ reads }) => reads.choice || reads.broadcast)
  const stub = isAlone ? 8 : isTold ? (isNarrow ? 66 : 96) : 28
  const sizes = (lanes: number) => ({
    box: { x, width: Math.max(160, width - x - stub - (isAlone ? 0 : 14 * lanes + 10)), height: compact ? 54 : 140 },
    row: compact ? 82 : 180,
    stub,
    lane: 14,
  })
  // How many lanes there are does not depend on the sizes.
  const first = certificateLayout(certificate, sizes(1))
  const right = Math.max(...first.flows.flatMap(({ lines }) => lines.flat().map(([at]) => at)), 0)
  const edge = first.boxes[0]!.x + first.boxes[0]!.width + stub
  const lanes = Math.max(1, Math.round((right - edge) / 14) + 1)
  return { ...certificateLayout(certificate, sizes(lanes)), compact }
}
