import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import type { KeyToPath } from "../references.ts"
import type { ConfigMapVolumeSource, DownwardAPIVolumeSource, SecretVolumeSource } from "../volume.ts"
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "../volume-projection.ts"
import { validateFieldRef, validateResourceFieldRef } from "./field-references.ts"
import { validatePodCertificate } from "./pod-certificate.ts"
import { type Errors, fileMode, NONE, nonEmpty, subdomain, unreservedPath } from "./rules.ts"
import { validateSignerName } from "./signer-name.ts"

/** Volumes made of files that the cluster knows. */

export function validateSecretVolume(source: SecretVolumeSource, path: FieldPath): Errors {
  return [
    ...nonEmpty(source.secretName, path.child("secretName")),
    ...fileMode(source.defaultMode, path.child("defaultMode")),
    ...(source.items ?? []).flatMap((item, index) => validateKeyToPath(item, path.child("items").index(index))),
  ]
}

export function validateConfigMapVolume(source: ConfigMapVolumeSource, path: FieldPath): Errors {
  return [
    ...nonEmpty(source.name, path.child("name")),
    ...fileMode(source.defaultMode, path.child("defaultMode")),
    ...(source.items ?? []).flatMap((item, index) => validateKeyToPath(item, path.child("items").index(index))),
  ]
}

function validateKeyToPath({ key, path: target, mode }: KeyToPath, path: FieldPath): Errors {
  return [
    ...nonEmpty(key, path.child("key")),
    ...nonEmpty(target, path.child("path")),
    ...unreservedPath(target, path.child("path")),
    ...fileMode(mode, path.child("mode")),
  ]
}

export function validateDownwardVolume({ items = [], defaultMode }: DownwardAPIVolumeSource, path: FieldPath): Errors {
  return [
    ...fileMode(defaultMode, path.child("defaultMode")),
    ...items.flatMap((file) => validateDownwardFile(file, path)),
  ]
}

const VOLUME_FIELDS = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"]

function validateDownwardFile(file: DownwardAPIVolumeFile, path: FieldPath): Errors {
  const { fieldRef, resourceFieldRef } = file
  const errors: FieldError[] = [
    ...nonEmpty(file.path, path.child("path")),
    ...unreservedPath(file.path, path.child("path")),
  ]
  if (fieldRef !== undefined) {
    errors.push(...validateFieldRef(fieldRef, VOLUME_FIELDS, path.child("fieldRef")))
    if (resourceFieldRef !== undefined) {
      errors.push(field.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
    }
  } else if (resourceFieldRef !== undefined) {
    errors.push(...validateResourceFieldRef(resourceFieldRef, true, path.child("resourceFieldRef")))
  } else errors.push(field.required(path, "one of fieldRef and resourceFieldRef is required"))
  return [...errors, ...fileMode(file.mode, path.child("mode"))]
}

export function validateProjected({ sources, defaultMode }: ProjectedVolumeSource, path: FieldPath): Errors {
  const taken = new Set<string>()
  return [
    ...fileMode(defaultMode, path.child("defaultMode")),
    ...sources.flatMap((source, index) => validateProjection(source, path, path.child("sources").index(index), taken)),
  ]
}

/** `volume` is the path of the whole volume, where Kubernetes reports paths that collide. */
function validateProjection(
  source: VolumeProjection,
  volume: FieldPath,
  path: FieldPath,
  taken: Set<string>,
): readonly FieldError[] {
  const claim = (target: string, shown: string): Errors => {
    if (taken.has(target)) return [field.invalid(volume, shown, "conflicting duplicate paths")]
    taken.add(target)
    return NONE
  }
  const files = (items: readonly KeyToPath[] | undefined, name: string, at: FieldPath): Errors => [
    ...nonEmpty(name, at.child("name")),
    ...(items ?? []).flatMap((item, index) => [
      ...validateKeyToPath(item, at.child("items").index(index)),
      ...(item.path === "" ? NONE : claim(item.path, name)),
    ]),
  ]
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
  const errors: FieldError[] = []
  if (secret !== undefined) errors.push(...files(secret.items, secret.name ?? "", path.child("secret")))
  if (configMap !== undefined) errors.push(...files(configMap.items, configMap.name ?? "", path.child("configMap")))
  for (const file of downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(file, path.child("downwardAPI")))
    if (file.path !== "") errors.push(...claim(file.path, file.path))
  }
  if (serviceAccountToken !== undefined) errors.push(...validateToken(serviceAccountToken, volume, path))
  if (clusterTrustBundle !== undefined) {
    errors.push(...validateTrustBundle(clusterTrustBundle, path.child("clusterTrustBundle")))
    errors.push(...claim(clusterTrustBundle.path, clusterTrustBundle.path))
  }
  if (podCertificate !== undefined) {
    errors.push(
      ...validatePodCertificate(podCertificate, path.child("podCertificate"), (target) => claim(target, target)),
    )
  }
  if (Object.values(source).filter((one) => one !== undefined).length > 1) {
    errors.push(field.forbidden(path, "may not specify more than 1 volume type per source"))
  }
  return errors
}

const TOKEN_SECONDS_MIN = 10 * 60
const TOKEN_SECONDS_MAX = 2 ** 32

function validateToken(token: ServiceAccountTokenProjection, volume: FieldPath, path: FieldPath): Errors {
  const at = path.child("serviceAccountToken").child("expirationSeconds")
  const { expirationSeconds } = token
  return [
    ...(expirationSeconds < TOKEN_SECONDS_MIN
      ? [field.invalid(at, expirationSeconds, "may not specify a duration less than 10 minutes")]
      : NONE),
    ...(expirationSeconds > TOKEN_SECONDS_MAX
      ? [field.invalid(at, expirationSeconds, "may not specify a duration larger than 2^32 seconds")]
      : NONE),
    ...(token.path === "" ? [field.required(volume.child("path"))] : unreservedPath(token.path, volume.child("path"))),
  ]
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection, path: FieldPath): Errors {
  return [
    ...validateTrustBundleSource(bundle, path),
    ...nonEmpty(bundle.path, path.child("path")),
    ...unreservedPath(bundle.path, path.child("path")),
  ]
}

function validateTrustBundleSource(bundle: ClusterTrustBundleProjection, path: FieldPath): Errors {
  const { name, signerName, labelSelector } = bundle
  if (name !== undefined && signerName !== undefined) {
    return [field.invalid(path, bundle, "only one of name and signerName may be used")]
  }
  if (name !== undefined) {
    const at = path.child("name")
    // Before a colon stands the signer, with a colon for its slash.
    const own = name.slice(name.lastIndexOf(":") + 1)
    const badNames = subdomain(own, at).map((error) => {
      const problem = error.body.slice(error.body.indexOf(": ", "Invalid value: ".length) + 2)
      return field.invalid(at, name, `not a valid clustertrustbundlename: ${problem}`)
    })
    return [
      ...nonEmpty(name, at, "must be a valid object name"),
      ...badNames,
      ...(labelSelector === undefined
        ? NONE
        : [
            field.invalid(
              path.child("labelSelector"),
              labelSelector,
              "labelSelector must be unset if name is specified",
            ),
          ]),
    ]
  }
  if (signerName === undefined) return [field.required(path, "either name or signerName must be specified")]
  const at = path.child("signerName")
  return [
    ...nonEmpty(signerName, at, "must be a valid signer name"),
    ...validateSignerName(signerName, at),
    ...validateLabelSelector(labelSelector, path.child("labelSelector")),
  ]
}
