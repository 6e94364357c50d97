-- Sorted by address, so that two batches that race meet in the same order.
insert into app_user (user_id, email, display_name, registered_at_micros)
select user_id, email, display_name, registered_at_micros
  from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
       as r (user_id, email, display_name, registered_at_micros)
