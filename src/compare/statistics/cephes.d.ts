/** The part of the package that is used here: its own declarations are not found beside its module for `import`. */
declare module 'cephes' {
  /** Done when the functions can be called. */
  export const compiled: Promise<void>
  /** P(T < t) of Student's t with k degrees of freedom. */
  export function stdtr(k: number, t: number): number
  /** The t below which T lies with probability p. */
  export function stdtri(k: number, p: number): number
  /** P(Z < z) of the standard normal. */
  export function ndtr(z: number): number
  /** log Gamma(x). */
  export function lgam(x: number): number
}
