import { domainPrefixedPath } from "../../../api/networking/v1/validation/ingress-class.ts"
import { boolType } from "../../../machinery/cel/types.ts"
import * as field from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import { certificatesOf } from "../certificate-chain.ts"
import type { AuthenticationConfiguration, JWTAuthenticator } from "./configuration.ts"
import { compileClaims, compileUser, type Expression } from "./expressions.ts"

/** Validates what a configuration says, with the messages of kube-apiserver, and compiles its expressions. */

export interface Rule {
  readonly expression: Expression
  readonly message: string
}
/** The expressions of one authenticator, where it has them. */
export interface CompiledAuthenticator {
  readonly claimRules: Rule[]
  readonly userRules: Rule[]
  readonly extra: { readonly key: string; readonly expression: Expression }[]
  username?: Expression
  groups?: Expression
  uid?: Expression
}

type Errors = field.FieldError[]

/** Authenticators in the order of the file. `errors` is empty when all of it is good. */
export function compileConfiguration(
  { jwt = [], anonymous }: AuthenticationConfiguration,
  disallowedIssuers: readonly string[],
): { readonly errors: readonly field.FieldError[]; readonly compiled: readonly CompiledAuthenticator[] } {
  const errors: Errors = []
  const [issuers, discoveryUrls] = [new Set<string>(), new Set<string>()]
  const compiled = jwt.map((authenticator, index) => {
    const at = FieldPath.root("jwt").index(index)
    const one: CompiledAuthenticator = { claimRules: [], userRules: [], extra: [] }
    const { url = "", discoveryURL = "" } = authenticator.issuer
    checkIssuer(authenticator.issuer, disallowedIssuers, at.child("issuer"), errors)
    checkClaimRules(authenticator, at.child("claimValidationRules"), one, errors)
    checkMappings(authenticator.claimMappings, at.child("claimMappings"), one, errors)
    checkUserRules(authenticator, at.child("userValidationRules"), one, errors)
    if (issuers.has(url)) errors.push(field.duplicate(at.child("issuer").child("url"), url))
    issuers.add(url)
    if (discoveryUrls.has(discoveryURL))
      errors.push(field.duplicate(at.child("issuer").child("discoveryURL"), discoveryURL))
    if (discoveryURL !== "") discoveryUrls.add(discoveryURL)
    return one
  })
  const { enabled = false, conditions = [] } = anonymous ?? {}
  if (!enabled && conditions.length > 0) {
    const why = "enabled should be set to true when conditions are defined"
    errors.push(field.invalid(FieldPath.root("anonymous", "conditions"), conditions, why))
  }
  return { errors, compiled }
}

function checkIssuer(issuer: JWTAuthenticator["issuer"], disallowed: readonly string[], at: FieldPath, errors: Errors) {
  const { url = "", discoveryURL = "", audiences = [], audienceMatchPolicy: policy = "" } = issuer
  if (url === "") errors.push(field.required(at.child("url")))
  else errors.push(...urlProblems(url, disallowed, at.child("url")))
  if (discoveryURL !== "") {
    const bare = (one: string) => one.replace(/\/+$/, "")
    const path = at.child("discoveryURL")
    if (url !== "" && bare(url) === bare(discoveryURL)) {
      errors.push(field.invalid(path, discoveryURL, "discoveryURL must be different from URL"))
    }
    errors.push(...urlProblems(discoveryURL, [], path))
  }
  const listed = at.child("audiences")
  if (audiences.length === 0) errors.push(field.required(listed, `at least one ${listed} is required`))
  audiences.forEach((audience, index) => {
    if (audience === "") errors.push(field.required(listed.index(index)))
    if (audiences.indexOf(audience) < index) errors.push(field.duplicate(listed.index(index), audience))
  })
  const matching = at.child("audienceMatchPolicy")
  if (audiences.length > 1 && policy !== "MatchAny") {
    errors.push(field.invalid(matching, policy, "audienceMatchPolicy must be MatchAny for multiple audiences"))
  }
  if (audiences.length === 1 && policy !== "" && policy !== "MatchAny") {
    errors.push(field.invalid(matching, policy, "audienceMatchPolicy must be empty or MatchAny for single audience"))
  }
  checkCertificates(issuer.certificateAuthority ?? "", at.child("certificateAuthority"), errors)
  const selector = issuer.egressSelectorType ?? ""
  // There is one network here, so a choice would have no effect.
  if (selector !== "")
    errors.push(field.invalid(at.child("egressSelectorType"), selector, "egress selector is not supported"))
}

function urlProblems(text: string, disallowed: readonly string[], at: FieldPath): Errors {
  const problem = (why: string) => field.invalid(at, text, why)
  const overlaps = disallowed.includes(text)
    ? [problem(`URL must not overlap with disallowed issuers: [${disallowed.toSorted().join(" ")}]`)]
    : []
  const url = URL.parse(text)
  if (url === null) return [...overlaps, problem(/^https?:/.test(text) ? "invalid URL" : "URL scheme must be https")]
  return [
    ...overlaps,
    ...(url.protocol === "https:" ? [] : [problem("URL scheme must be https")]),
    ...(url.username === "" && url.password === "" ? [] : [problem("URL must not contain a username or password")]),
    ...(url.search === "" ? [] : [problem("URL must not contain a query")]),
    ...(url.hash === "" ? [] : [problem("URL must not contain a fragment")]),
  ]
}

function checkCertificates(pem: string, at: FieldPath, errors: Errors) {
  if (pem === "") return
  try {
    if (certificatesOf(pem).length > 0) return
    errors.push(field.invalid(at, "<omitted>", "data does not contain any valid RSA or ECDSA certificates"))
  } catch (error) {
    errors.push(field.invalid(at, "<omitted>", messageOf(error)))
  }
}

function compiledAt(source: string, at: FieldPath, errors: Errors, compile: (source: string) => Expression) {
  try {
    return compile(source)
  } catch (error) {
    errors.push(field.invalid(at, source, messageOf(error)))
    return undefined
  }
}

function checkClaimRules(
  { claimValidationRules = [] }: JWTAuthenticator,
  path: FieldPath,
  into: CompiledAuthenticator,
  errors: Errors,
) {
  const [claims, expressions] = [new Set<string>(), new Set<string>()]
  claimValidationRules.forEach(({ claim = "", expression = "", requiredValue = "", message = "" }, index) => {
    const at = path.index(index)
    if (claim !== "" && expression !== "") {
      errors.push(field.invalid(at, claim, "claim and expression can't both be set"))
    } else if (claim !== "") {
      if (message !== "")
        errors.push(field.invalid(at.child("message"), message, "may not be specified when claim is set"))
      if (claims.has(claim)) errors.push(field.duplicate(at.child("claim"), claim))
      claims.add(claim)
    } else if (expression !== "") {
      const where = at.child("expression")
      if (requiredValue !== "") {
        errors.push(
          field.invalid(at.child("requiredValue"), requiredValue, "may not be specified when expression is set"),
        )
      }
      if (expressions.has(expression)) errors.push(field.duplicate(where, expression))
      else {
        const compiled = compiledAt(expression, where, errors, (source) => compileClaims(source, boolType))
        if (compiled !== undefined) into.claimRules.push({ expression: compiled, message })
      }
      expressions.add(expression)
    } else errors.push(field.required(at, "claim or expression is required"))
  })
}

type Mappings = JWTAuthenticator["claimMappings"]

function checkMappings(mappings: Mappings, at: FieldPath, into: CompiledAuthenticator, errors: Errors) {
  const username = checkMapping(mappings.username, at.child("username"), true, errors)
  const groups = checkMapping(mappings.groups, at.child("groups"), false, errors)
  const { claim: uidClaim = "", expression: uidSource = "" } = mappings.uid
  const uidAt = at.child("uid")
  if (uidClaim !== "" && uidSource !== "")
    errors.push(field.invalid(uidAt, "", "claim and expression can't both be set"))
  const hasUid = uidClaim === "" && uidSource !== ""
  const uid = hasUid ? compiledAt(uidSource, uidAt.child("expression"), errors, compileClaims) : undefined
  checkExtra(mappings.extra ?? [], at.child("extra"), into, errors)
  Object.assign(into, { ...(username && { username }), ...(groups && { groups }), ...(uid && { uid }) })
  const verified = [
    username,
    ...into.extra.map(({ expression }) => expression),
    ...into.claimRules.map((rule) => rule.expression),
  ]
  if (username?.uses("email") && !verified.some((one) => one?.uses("email_verified"))) {
    errors.push(field.invalid(at.child("username").child("expression"), username.source, VERIFY_EMAIL))
  }
}

const VERIFY_EMAIL =
  "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression"

function checkMapping(
  { claim = "", expression = "", prefix }: Mappings["username"],
  at: FieldPath,
  isRequired: boolean,
  errors: Errors,
): Expression | undefined {
  if (expression !== "" && claim !== "") {
    errors.push(field.invalid(at, "", "claim and expression can't both be set"))
  } else if (expression !== "") {
    if (prefix !== undefined) {
      errors.push(field.invalid(at.child("prefix"), prefix, "may not be specified when expression is set"))
    }
    return compiledAt(expression, at.child("expression"), errors, compileClaims)
  } else if (claim !== "") {
    const why = "prefix is required when claim is set. It can be set to an empty string to disable prefixing"
    if (prefix === undefined) errors.push(field.required(at.child("prefix"), why))
  } else if (isRequired) errors.push(field.required(at, "claim or expression is required"))
  return undefined
}

function checkExtra(
  extra: NonNullable<Mappings["extra"]>,
  path: FieldPath,
  into: CompiledAuthenticator,
  errors: Errors,
) {
  const seen = new Set<string>()
  extra.forEach(({ key = "", valueExpression = "" }, index) => {
    const at = path.index(index)
    const keyAt = at.child("key")
    errors.push(...domainPrefixedPath(key, keyAt))
    if (key !== key.toLowerCase()) errors.push(field.invalid(keyAt, key, "must be lowercase"))
    if (/^([^/]*\.)?(kubernetes|k8s)\.io\//.test(key)) {
      const why = "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use"
      errors.push(field.invalid(keyAt, key, why))
    }
    if (seen.has(key)) {
      errors.push(field.duplicate(keyAt, key))
      return
    }
    seen.add(key)
    const where = at.child("valueExpression")
    if (valueExpression === "") errors.push(field.required(where))
    const expression = valueExpression === "" ? undefined : compiledAt(valueExpression, where, errors, compileClaims)
    if (expression !== undefined) into.extra.push({ key, expression })
  })
}

function checkUserRules(
  { userValidationRules = [] }: JWTAuthenticator,
  path: FieldPath,
  into: CompiledAuthenticator,
  errors: Errors,
) {
  const seen = new Set<string>()
  userValidationRules.forEach(({ expression: source = "", message = "" }, index) => {
    const at = path.index(index).child("expression")
    if (source === "") errors.push(field.required(at))
    else if (seen.has(source)) errors.push(field.duplicate(at, source))
    else {
      const expression = compiledAt(source, at, errors, compileUser)
      if (expression !== undefined) into.userRules.push({ expression, message })
    }
    seen.add(source)
  })
}
