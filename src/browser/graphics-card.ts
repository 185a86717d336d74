/** Whether this browser hands out a graphics card, and not a program that stands in for one. */
export async function hasGraphicsCard(): Promise<boolean> {
  interface Adapter {
    readonly info?: { readonly isFallbackAdapter?: boolean }
    readonly isFallbackAdapter?: boolean
  }
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } }
  const adapter = await gpu?.requestAdapter().catch(() => null)
  return !!adapter && !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false)
}
