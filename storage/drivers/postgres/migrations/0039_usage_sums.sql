-- What was used is summed up from the indexes alone: of 100,000 answers, reading each row took most of the time.
DROP INDEX usage_of_person;
DROP INDEX usage_at;

-- Sums up what somebody has used since a moment, and finds those who have used the most.
CREATE INDEX usage_of_person ON usage (person, at, input_tokens, cached_tokens, output_tokens, microusd);

-- The same for everyone, by model.
CREATE INDEX usage_at ON usage (at, model, input_tokens, cached_tokens, output_tokens, microusd);
