/** The formats of pictures that are read. */
export const FORMATS = 'PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF'

/** Of the names of picture files. */
export const PICTURE_NAME = /\.(png|jpe?g|jfif|webp|gif|tiff?|bmp|dib|avif)$/i

/** The format by the first bytes, 16 at least; undefined where it is none of these. */
export function formatOf(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 16))
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG'
  if (text.startsWith('\xff\xd8\xff')) return 'JPEG'
  if (/^RIFF[\s\S]{4}WEBP/.test(text)) return 'WebP'
  if (/^GIF8[79]a/.test(text)) return 'GIF'
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return 'TIFF'
  if (/^[\s\S]{4}ftypavi[fs]/.test(text)) return 'AVIF'
  return text.startsWith('BM') ? 'BMP' : undefined
}
