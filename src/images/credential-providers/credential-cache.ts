import type { Clock } from "../../platform/clock.ts"
import type { ProviderResponse } from "./provider-messages.ts"

export type Auth = NonNullable<ProviderResponse["auth"]>

/** How often what is not asked for any more is thrown away. */
const PURGE_MS = 900_000
/** No image or registry is called so. */
const GLOBAL = "<global>"

/** What a plugin has answered, for as long as it holds. `whose` sets credentials of service accounts apart. */
export interface CredentialCache {
  get(image: string, whose: string): Auth | undefined
  /** Throws for an answer that does not say for what it holds. */
  set(image: string, whose: string, response: ProviderResponse, holdsMs: number): void
}

export function createCredentialCache(clock: Pick<Clock, "nowMs">): CredentialCache {
  const entries = new Map<string, { readonly auth: Auth; readonly untilMs: number }>()
  const keyOf = (base: string, whose: string) => JSON.stringify([base, whose])
  let purgedMs = clock.nowMs()
  return {
    get(image, whose) {
      const nowMs = clock.nowMs()
      if (nowMs > purgedMs + PURGE_MS) {
        for (const [key, { untilMs }] of entries) if (nowMs > untilMs) entries.delete(key)
        purgedMs = nowMs
      }
      for (const base of [image, registryOf(image), GLOBAL]) {
        const found = entries.get(keyOf(base, whose))
        if (found !== undefined && nowMs <= found.untilMs) return found.auth
      }
      return undefined
    },
    set(image, whose, { auth = {}, cacheKeyType }, holdsMs) {
      const base = baseOf(image, cacheKeyType)
      if (holdsMs > 0) entries.set(keyOf(base, whose), { auth, untilMs: clock.nowMs() + holdsMs })
    },
  }
}

function baseOf(image: string, type: string): string {
  switch (type) {
    case "Image":
      return image
    case "Registry":
      return registryOf(image)
    case "Global":
      return GLOBAL
    default:
      throw new Error(`credential provider plugin did not return a valid cacheKeyType: ${type}`)
  }
}

const registryOf = (image: string): string => image.split("/", 1)[0] ?? ""
