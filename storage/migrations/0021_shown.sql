-- Whether answers say who gave them, and show the thoughts of who did; NULL: as the operator has decided.
ALTER TABLE person ADD COLUMN show_model INTEGER;
ALTER TABLE person ADD COLUMN show_reasoning INTEGER;
