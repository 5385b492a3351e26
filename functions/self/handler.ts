import config from 'firebreak:config';
import { serve } from '../../shared/lambda/room.ts';
import { rules } from './rules.ts';

export const handler = serve('self', rules, config);
