import config from 'firebreak:config';
import { confirmFinding } from '../../shared/aws/findings.ts';
import { serve } from '../../shared/lambda/room.ts';
import { rules } from './rules.ts';

export const handler = serve('iam', rules, config, confirmFinding);
