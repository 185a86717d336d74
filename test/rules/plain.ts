// Forward-Forward on dense layers, written out in plain numbers: the oracle of the traced rule.

export type Matrix = number[][]

/** Weights [in][out] and biases [out]. */
export interface PlainLayer {
  readonly weight: Matrix
  readonly bias: readonly number[]
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
export const mean = (values: readonly number[]): number => sum(values) / values.length
export const squares = (values: readonly number[]): number => sum(values.map((v) => v * v))
export const logistic = (t: number): number => 1 / (1 + Math.exp(-t))
export const softplus = (t: number): number => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)))

export const lengthNormalized = (row: readonly number[]): number[] => {
  const root = Math.sqrt(squares(row) / row.length)
  return row.map((v) => v / (root + 1e-8))
}

/** An image whose first pixels hold a label's code. */
export const withCode = (image: readonly number[], code: readonly number[]): number[] => [
  ...code,
  ...image.slice(code.length),
]

export const oneHot = (label: number, classes: number, strength = 1): number[] =>
  Array.from({ length: classes }, (_, k) => (k === label ? strength : 0))

export const preactivation = ({ weight, bias }: PlainLayer, input: readonly number[]): number[] =>
  bias.map((b, j) => b + sum(input.map((v, i) => v * weight[i]![j]!)))

/** What a layer reads, z = x W + b and y = relu(z), for each layer. */
export function passes(layers: readonly PlainLayer[], input: readonly number[]) {
  const all: { x: number[]; z: number[]; y: number[] }[] = []
  for (const layer of layers) {
    const x = lengthNormalized(all.at(-1)?.y ?? input)
    const z = preactivation(layer, x)
    all.push({ x, z, y: z.map((v) => Math.max(v, 0)) })
  }
  return all
}
