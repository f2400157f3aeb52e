-- Through which bot each answer was asked for; "" of those before.
ALTER TABLE usage ADD COLUMN platform TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN bot TEXT NOT NULL DEFAULT '';

-- Sums up what everyone has used since a moment, by model and by bot.
DROP INDEX usage_at;
CREATE INDEX usage_at ON usage (at, model, platform, bot, input_tokens, cached_tokens, output_tokens, microusd);
