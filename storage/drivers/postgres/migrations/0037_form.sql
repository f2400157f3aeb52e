-- What a server asks for before it goes on with a call, and what the person has answered of that: JSON; '': nothing.
-- The states 'wants' and 'answered' are those of such a call.
ALTER TABLE tool_call ADD COLUMN form TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE tool_call ADD COLUMN answers TEXT COLLATE "C" NOT NULL DEFAULT '';
