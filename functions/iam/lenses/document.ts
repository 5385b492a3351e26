/** IAM answers policy documents URL-encoded: "compliant with RFC 3986", API reference, GetRole, GetPolicyVersion, GetUserPolicy. */
export function documentOf(encoded: string | undefined): string {
  const text = encoded ?? '';
  if (!text.startsWith('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
