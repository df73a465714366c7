import { isObject } from "../../../machinery/patch/structure.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { UserInfo } from "../../call.ts"
import type { JWTAuthenticator } from "./configuration.ts"
import type { CompiledAuthenticator, Rule } from "./validate.ts"

/** Who the bearer of a token is. The claims were verified. Throws an `Error`, in the words of kube-apiserver, when nobody. */
export function userOfClaims(
  claims: Readonly<Record<string, unknown>>,
  { claimMappings: mappings, claimValidationRules = [] }: JWTAuthenticator,
  compiled: CompiledAuthenticator,
): UserInfo {
  refuseDistributed(claims, mappings.groups.claim ?? "")
  const name = nameOf(claims, mappings.username, compiled)
  const groups = groupsOf(claims, mappings.groups, compiled)
  const uid = uidOf(claims, mappings.uid, compiled)
  const extra = extraOf(claims, compiled)
  for (const { claim = "", requiredValue = "" } of claimValidationRules) {
    if (claim !== "") checkRequired(claims, claim, requiredValue)
  }
  checkRules(compiled.claimRules, claims, "claim validation expression")
  const user = { username: name, uid, groups, extra: Object.fromEntries(extra) }
  checkRules(compiled.userRules, user, "user info validation rule")
  return { name, ...(uid !== "" && { uid }), groups, extra }
}

type Claims = Readonly<Record<string, unknown>>
type Mappings = JWTAuthenticator["claimMappings"]

const hasClaim = (claims: Claims, name: string) => Object.hasOwn(claims, name)

function textClaim(claims: Claims, name: string): string {
  if (!hasClaim(claims, name)) throw new Error("claim not present")
  const value = claims[name]
  if (typeof value !== "string") throw new Error(`cannot read ${JSON.stringify(value)} as text`)
  return value
}

function within<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw new Error(`oidc: ${what}: ${messageOf(error)}`, { cause: error })
  }
}

function nameOf(
  claims: Claims,
  { claim = "", prefix = "" }: Mappings["username"],
  compiled: CompiledAuthenticator,
): string {
  if (compiled.username !== undefined) {
    const { username } = compiled
    const value = within("error evaluating username claim expression", () => {
      const found = username.evaluate(claims)
      if (typeof found !== "string") throw new Error("username claim expression must return a string")
      return found
    })
    if (value === "") throw new Error("oidc: empty username via CEL expression is not allowed")
    return value
  }
  const name = within(`parse username claims "${claim}"`, () => textClaim(claims, claim))
  if (claim === "email" && hasClaim(claims, "email_verified") && claims["email_verified"] !== true) {
    throw new Error("oidc: email not verified")
  }
  return prefix + name
}

function groupsOf(claims: Claims, { claim = "", prefix = "" }: Mappings["groups"], compiled: CompiledAuthenticator) {
  if (claim !== "" && hasClaim(claims, claim)) {
    return within(`parse groups claim "${claim}"`, () => {
      const value = claims[claim]
      // Some issuers write a single group as text.
      const all: readonly unknown[] = Array.isArray(value) ? value : [value]
      return all.map((group) => {
        if (typeof group !== "string") throw new Error(`cannot read ${JSON.stringify(group)} as text`)
        return prefix + group
      })
    })
  }
  const { groups } = compiled
  return groups === undefined
    ? []
    : within("error evaluating group claim expression", () => texts(groups.evaluate(claims)))
}

function uidOf(claims: Claims, { claim = "" }: Mappings["uid"], { uid }: CompiledAuthenticator): string {
  if (claim !== "") return within(`parse uid claim "${claim}"`, () => textClaim(claims, claim))
  if (uid === undefined) return ""
  return within("error evaluating uid claim expression", () => {
    const value = uid.evaluate(claims)
    if (typeof value !== "string") throw new Error("uid claim expression must return a string")
    return value
  })
}

function extraOf(claims: Claims, compiled: CompiledAuthenticator): Map<string, readonly string[]> {
  const { jti } = claims
  const extra = new Map<string, readonly string[]>()
  if (typeof jti === "string" && jti !== "") extra.set("authentication.kubernetes.io/credential-id", [`JTI=${jti}`])
  for (const { key, expression } of compiled.extra) {
    const what = `error evaluating extra claim expression: ${expression.source}`
    const values = within(what, () => texts(expression.evaluate(claims)))
    if (values.length > 0) extra.set(key, values)
  }
  return extra
}

/** Text or a list of texts; empty ones say nothing. */
function texts(value: unknown): string[] {
  if (value === null) return []
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.flatMap((one) => {
    if (typeof one !== "string") throw new Error("expression must return a string or a list of strings")
    return one === "" ? [] : [one]
  })
}

function checkRequired(claims: Claims, claim: string, required: string): void {
  if (!hasClaim(claims, claim)) throw new Error(`oidc: required claim ${claim} not present in ID token`)
  const value = within(`parse claim ${claim}`, () => textClaim(claims, claim))
  if (value === required) return
  throw new Error(`oidc: required claim ${claim} value does not match. Got = ${value}, want = ${required}`)
}

function checkRules(rules: readonly Rule[], value: unknown, what: string): void {
  for (const { expression, message } of rules) {
    within(`error evaluating ${what}`, () => {
      const holds = expression.evaluate(value)
      if (typeof holds !== "boolean") throw new Error("validation expression must return a boolean")
      if (!holds) throw new Error(`validation expression '${expression.source}' failed: ${message}`)
    })
  }
}

/** Groups that are kept elsewhere are not fetched; somebody without them must not pass for somebody who has none. */
function refuseDistributed(claims: Claims, groups: string): void {
  const names = claims["_claim_names"]
  if (groups === "" || hasClaim(claims, groups) || !isObject(names) || !Object.hasOwn(names, groups)) return
  throw new Error(
    `oidc: could not expand distributed claims: the claim "${groups}" is kept elsewhere, which is not supported`,
  )
}
