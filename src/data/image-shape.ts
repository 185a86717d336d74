/** Of images, without the batch axis. */
export type ImageShape = readonly [channels: number, height: number, width: number]
