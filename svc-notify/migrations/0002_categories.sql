-- Category: 5 order changed, 6 margin, 7 corporate action.
alter table preference drop constraint preference_category_check;
alter table preference add constraint preference_category_check check (category between 1 and 7);
alter table delivery drop constraint delivery_category_check;
alter table delivery add constraint delivery_category_check check (category between 1 and 7);
