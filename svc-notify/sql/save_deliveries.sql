insert into delivery (account_id, event_id, channel, delivery_id, user_id, category, event_type, subject_id,
                      title, body, delivered_at_micros)
select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::uuid[], $5::text[], $6::integer[],
                     $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[])
