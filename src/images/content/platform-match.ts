import type { ImagePlatform } from "../images.ts"
import type { Descriptor } from "./oci.ts"

const ARCHITECTURES = new Map([
  ["x64", "amd64"],
  ["x86_64", "amd64"],
  ["aarch64", "arm64"],
  ["ia32", "386"],
  ["armhf", "arm"],
])

/** This machine's platform in OCI's words, from Node's name of the processor (`process.arch`). */
export function platformOf(arch: string): ImagePlatform {
  return normalize({ os: "linux", architecture: arch })
}

/** Reads `linux/amd64` or `linux/arm/v7`. Null when it is neither. */
export function parsePlatform(text: string): ImagePlatform | null {
  const parts = text.split("/")
  const [os, architecture, variant] = parts
  if (!os || !architecture || parts.length > 3 || variant === "") return null
  return normalize({ os, architecture, ...(variant !== undefined ? { variant } : {}) })
}

/** `linux/arm/v7`. */
export function platformText(platform: ImagePlatform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/")
}

/**
 * The manifest of an index that suits a machine best, or null. Among variants the machine's own wins, then the next
 * lower one (arm v7 runs v6 and v5; amd64 v3 runs v2 and v1).
 */
export function choosePlatform(manifests: readonly Descriptor[], wanted: ImagePlatform): Descriptor | null {
  const machine = normalize(wanted)
  let best: Descriptor | null = null
  let bestRank = Number.NEGATIVE_INFINITY
  for (const candidate of manifests) {
    if (!candidate.platform) continue
    const rank = suitability(normalize(candidate.platform), machine)
    if (rank !== null && rank > bestRank) {
      best = candidate
      bestRank = rank
    }
  }
  return best
}

/** Whether an image for `platform` runs on `wanted`. An image that does not say what it is for is taken at its word. */
export function platformSuits(platform: ImagePlatform, wanted: ImagePlatform): boolean {
  if (platform.os === "" || platform.architecture === "") return true
  return suitability(normalize(platform), normalize(wanted)) !== null
}

function suitability(candidate: ImagePlatform, machine: ImagePlatform): number | null {
  if (candidate.os !== machine.os || candidate.architecture !== machine.architecture) return null
  const [has, can] = [level(candidate), level(machine)]
  return has <= can ? has : null
}

/** Variants as numbers; without one it is the baseline. */
function level(platform: ImagePlatform): number {
  const baseline = platform.architecture === "arm" ? 7 : platform.architecture === "arm64" ? 8 : 1
  return Number(/^v(\d+)/.exec(platform.variant ?? "")?.[1] ?? baseline)
}

function normalize(platform: ImagePlatform): ImagePlatform {
  const architecture = ARCHITECTURES.get(platform.architecture) ?? platform.architecture
  return { os: platform.os, architecture, ...(platform.variant ? { variant: platform.variant } : {}) }
}
