/** `bucket`: the name of a general purpose bucket. */
export type Bucket = { readonly bucket: string };

/** `partition`: of the bucket's ARN. Rules that share the lens share its target: any of them may be the one that is stored. */
export type PolicyTarget = Bucket & { readonly partition: string };
