import type { FieldError } from "../../machinery/field/error.ts"
import * as field from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { qualifiedName } from "../../machinery/names/labels.ts"
import { durationToMs } from "../../machinery/time/duration.ts"
import type { CredentialProvider } from "./provider-config.ts"
import { requestVersions } from "./provider-messages.ts"

const cacheTypes = ["ServiceAccount", "Token"]
const TOKENS_SINCE = "credentialprovider.kubelet.k8s.io/v1"

/** What is wrong with plugins, in the kubelet's words. */
export function providerProblems(providers: readonly CredentialProvider[]): FieldError[] {
  const path = FieldPath.root("providers")
  if (providers.length === 0) return [field.required(path, "at least 1 item in plugins is required")]
  return providers.flatMap((provider) => [
    ...nameProblems(provider.name, path.child("name")),
    ...versionProblems(provider.apiVersion, path.child("apiVersion")),
    ...imageProblems(provider.matchImages ?? [], path.child("matchImages")),
    ...cacheProblems(provider.defaultCacheDuration, path.child("defaultCacheDuration")),
    ...tokenProblems(provider, path.child("tokenAttributes")),
  ])
}

function nameProblems(name: string, path: FieldPath): FieldError[] {
  const wrong = [
    [name.includes("/"), "provider name cannot contain '/'"],
    [name.includes(" "), "provider name cannot contain spaces"],
    [name === ".", "provider name cannot be '.'"],
    [name === "..", "provider name cannot be '..'"],
  ] as const
  return wrong.flatMap(([is, detail]) => (is ? [field.invalid(path, name, detail)] : []))
}

function versionProblems(version: string, path: FieldPath): FieldError[] {
  if (version === "") return [field.required(path)]
  return requestVersions.includes(version) ? [] : [field.notSupported(path, version, requestVersions)]
}

function imageProblems(images: readonly string[], path: FieldPath): FieldError[] {
  if (images.length === 0) return [field.required(path, "at least 1 item in matchImages is required")]
  return images.flatMap((image) => {
    // Where hosts have a wild card, URLs do not: only what else is wrong counts.
    const plain = `https://${image.replaceAll("*", "x")}`
    return URL.canParse(plain) ? [] : [field.invalid(path, image, `match image is invalid: parse "https://${image}"`)]
  })
}

function cacheProblems(duration: string | undefined, path: FieldPath): FieldError[] {
  if (duration === undefined) return [field.required(path)]
  if (durationToMs(duration) >= 0) return []
  return [field.invalidPrinted(path, `"${duration}"`, "must be greater than or equal to 0")]
}

function tokenProblems({ apiVersion, tokenAttributes }: CredentialProvider, path: FieldPath): FieldError[] {
  if (tokenAttributes === undefined) return []
  const { cacheType, requireServiceAccount, serviceAccountTokenAudience } = tokenAttributes
  const { optionalServiceAccountAnnotationKeys: optional = [], requiredServiceAccountAnnotationKeys: required = [] } =
    tokenAttributes
  const problems: FieldError[] = []
  if (serviceAccountTokenAudience === "") problems.push(field.required(path.child("serviceAccountTokenAudience")))
  if (requireServiceAccount === undefined) problems.push(field.required(path.child("requireServiceAccount")))
  if (apiVersion !== TOKENS_SINCE) {
    problems.push(field.forbidden(path, `tokenAttributes is only supported for ${TOKENS_SINCE} API version`))
  }
  const requiredPath = path.child("requiredServiceAccountAnnotationKeys")
  if (requireServiceAccount === false && required.length > 0) {
    const detail = "requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set"
    problems.push(field.forbidden(requiredPath, detail))
  }
  problems.push(...keyProblems(required, requiredPath))
  problems.push(...keyProblems(optional, path.child("optionalServiceAccountAnnotationKeys")))
  const both = [...new Set(required)].filter((key) => optional.includes(key)).sort()
  if (both.length > 0) {
    problems.push(field.invalid(path, both, "annotation keys cannot be both required and optional"))
  }
  const typePath = path.child("cacheType")
  if (cacheType === "") {
    const detail = `cacheType is required to be set when tokenAttributes is specified. Supported values are: ${cacheTypes.join(", ")}`
    problems.push(field.required(typePath, detail))
  } else if (!cacheTypes.includes(cacheType)) {
    problems.push(field.notSupported(typePath, cacheType, cacheTypes))
  }
  return problems
}

function keyProblems(keys: readonly string[], path: FieldPath): FieldError[] {
  return keys.flatMap((key, index) => [
    ...qualifiedName(key.toLowerCase()).map((problem) => field.invalid(path, key, problem)),
    ...(keys.indexOf(key) < index ? [field.duplicate(path, key)] : []),
  ])
}
