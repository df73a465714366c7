import { NewestMap } from "../../../machinery/newest-map.ts"
import type { Authorizer, RequestInfo, UserInfo } from "../../call.ts"
import type { Exchange } from "../../transport/exchange.ts"
import { CONSTRAINED_MODES, checkConstrained, checkLegacy, type Mode } from "./modes.ts"
import { wantedUser, withImpliedGroups } from "./wanted-user.ts"

/** As whom a request is made. */
export interface Acting {
  readonly user: UserInfo
  /** The verb that allowed it, in constrained impersonation; else empty. */
  readonly constraint: string
}

/** Whom the sender wants to act as; undefined without impersonation headers. Throws a 400 or a 403. */
export type Impersonate = (
  exchange: Exchange,
  requestor: UserInfo,
  info: RequestInfo,
) => Acting | undefined | Promise<Acting>

/** Of so many users the mode is remembered that let them through last. */
const REMEMBERED_MAX = 10_000

const LEGACY = "legacy"
type ModeOrLegacy = Mode | typeof LEGACY
const MODES: readonly ModeOrLegacy[] = [...CONSTRAINED_MODES, LEGACY]

/**
 * Lets users act as others. The mode that let them through last time is tried first; whoever may not is told what the
 * first mode misses.
 */
export function createImpersonation(authorizer: Authorizer): Impersonate {
  const lastOf = new NewestMap<string, ModeOrLegacy>(REMEMBERED_MAX)
  const attempt = async (mode: ModeOrLegacy, requestor: UserInfo, wanted: UserInfo, info: RequestInfo) => {
    if (mode === LEGACY) {
      await checkLegacy(authorizer, requestor, wanted)
      return { user: withImpliedGroups(wanted, false), constraint: "" }
    }
    await checkConstrained(authorizer, mode, { requestor, wanted, info })
    return { user: withImpliedGroups(wanted, true), constraint: `impersonate:${mode.name}` }
  }
  const resolve = async (requestor: UserInfo, wanted: UserInfo, info: RequestInfo): Promise<Acting> => {
    const last = lastOf.get(requestor.name)
    const order = last === undefined ? MODES : [last, ...MODES.filter((mode) => mode !== last)]
    let refusal: unknown
    for (const mode of order) {
      if (mode !== LEGACY && !mode.applies(wanted, requestor)) continue
      try {
        const acting = await attempt(mode, requestor, wanted, info)
        lastOf.set(requestor.name, mode)
        return acting
      } catch (error) {
        refusal ??= error
      }
    }
    throw refusal
  }
  return (exchange, requestor, info) => {
    const wanted = wantedUser(exchange)
    return wanted === undefined ? undefined : resolve(requestor, wanted, info)
  }
}
