/** Versions of CSI are three numbers; only those of the first major version are supported. */

/** The highest version that this kubelet can speak; undefined where there is none. */
export function highestSupported(versions: readonly string[]): readonly number[] | undefined {
  const supported = versions.flatMap((text) => {
    const parts = parse(text)
    return parts?.[0] === 1 ? [parts] : []
  })
  return supported.toSorted(compareVersions).at(-1)
}

export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (const [index, number] of a.entries()) {
    const difference = number - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function parse(text: string): readonly number[] | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text.trim())
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
}
