import config from 'firebreak:config';
import { voice } from '../../shared/lambda/voice.ts';

export const handler = voice(config);
