import { digestOf } from "../content/digest.ts"

/**
 * The identity of a stack of layers, given from the bottom up, one id per height.
 * https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
 */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = []
  for (const diffId of diffIds) {
    const below = chain.at(-1)
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`))
  }
  return chain
}
